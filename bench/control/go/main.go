// Go's x/time/rate, with the measurements of bench/control/control.cpp: one line of JSON, nanoseconds a call.
package main

import (
	"flag"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// perCall is how long one call takes, by the clock, when so many goroutines make them at once.
func perCall(goroutines int, length time.Duration, call func()) float64 {
	const batch = 1000
	var calls int64
	var lock sync.Mutex
	var all sync.WaitGroup
	begin := time.Now()
	for g := 0; g < goroutines; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			mine := int64(0)
			for time.Since(begin) < length {
				for i := 0; i < batch; i++ {
					call()
				}
				mine += batch
			}
			lock.Lock()
			calls += mine
			lock.Unlock()
		}()
	}
	all.Wait()
	return float64(time.Since(begin).Nanoseconds()) / float64(calls)
}

func main() {
	length := flag.Duration("time", 200*time.Millisecond, "of each measurement")
	flag.Parse()
	granting := rate.NewLimiter(1e9, 1e9)
	refusing := rate.NewLimiter(0.001, 1)
	fmt.Printf("{\"granted\": %v, \"refused\": %v, \"granted_by_8\": %v, \"refused_by_8\": %v}\n",
		perCall(1, *length, func() { granting.Allow() }),
		perCall(1, *length, func() { refusing.Allow() }),
		perCall(8, *length, func() { granting.Allow() }),
		perCall(8, *length, func() { refusing.Allow() }))
}
