// Go's chan between goroutines, with the command line of bench/peers/channel_program.hpp.
package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type parcel interface{ [1]uint64 | [8]uint64 }

type cell struct {
	producers, consumers, capacity, bytes int
	items                                 uint64
	pingPong                              bool
}

type usage struct {
	cpu                    time.Duration
	voluntary, involuntary int64
}

func used() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return usage{time.Duration(r.Utime.Nano() + r.Stime.Nano()), r.Nvcsw, r.Nivcsw}
}

func of[P parcel](number uint64) (p P) {
	for i := 0; i < len(p); i++ {
		p[i] = number
	}
	return p
}

func sum[P parcel](p P) uint64 { return p[0] + p[len(p)-1] }

// race runs all runners from one start and reports what they took until the last one's end.
func race(runners []func()) {
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for _, run := range runners {
		ready.Add(1)
		done.Add(1)
		go func(run func()) {
			defer done.Done()
			ready.Done()
			<-start
			run()
		}(run)
	}
	ready.Wait()
	before, began := used(), time.Now()
	close(start)
	done.Wait()
	took, after := time.Since(began), used()
	fmt.Printf(`{"seconds": %v, "cpu_seconds": %v, "voluntary": %d, "involuntary": %d, `, took.Seconds(),
		(after.cpu - before.cpu).Seconds(), after.voluntary-before.voluntary, after.involuntary-before.involuntary)
}

func moveThrough[P parcel](c cell) uint64 {
	ch := make(chan P, c.capacity)
	var total uint64
	var runners []func()
	each := c.items / uint64(c.producers)
	for i := 0; i < c.producers; i++ {
		first := uint64(i)*each + 1
		runners = append(runners, func() {
			for n := first; n < first+each; n++ {
				ch <- of[P](n)
			}
		})
	}
	for i := 0; i < c.consumers; i++ {
		runners = append(runners, func() {
			var own uint64
			for n := c.items / uint64(c.consumers); n > 0; n-- {
				own += sum(<-ch)
			}
			atomic.AddUint64(&total, own)
		})
	}
	race(runners)
	return total
}

func pingPong[P parcel](c cell) uint64 {
	there, back := make(chan P, c.capacity), make(chan P, c.capacity)
	var total uint64
	race([]func(){
		func() {
			for n := uint64(1); n <= c.items; n++ {
				there <- of[P](n)
				total += sum(<-back)
			}
		},
		func() {
			for n := uint64(0); n < c.items; n++ {
				back <- <-there
			}
		},
	})
	return total
}

func run[P parcel](c cell) uint64 {
	if c.pingPong {
		return pingPong[P](c)
	}
	return moveThrough[P](c)
}

func main() {
	var c cell
	topology := flag.String("cell", "1x1", "producers x consumers")
	flag.IntVar(&c.capacity, "capacity", 64, "places")
	flag.IntVar(&c.bytes, "bytes", 8, "8 or 64")
	flag.Uint64Var(&c.items, "items", 0, "to move in all, or round trips")
	flag.BoolVar(&c.pingPong, "pingpong", false, "one item to and fro")
	flag.Parse()
	if n, err := fmt.Sscanf(*topology, "%dx%d", &c.producers, &c.consumers); n != 2 || err != nil ||
		c.producers < 1 || c.consumers < 1 || c.items%uint64(c.producers) != 0 || c.items%uint64(c.consumers) != 0 {
		fmt.Fprintf(os.Stderr, "--cell %s --items %d: nothing to share\n", *topology, c.items)
		os.Exit(2)
	}
	var total uint64
	switch c.bytes {
	case 8:
		total = run[[1]uint64](c)
	case 64:
		total = run[[8]uint64](c)
	default:
		fmt.Fprintf(os.Stderr, "--bytes %d is neither 8 nor 64\n", c.bytes)
		os.Exit(2)
	}
	fmt.Printf("\"checksum\": %d}\n", total)
}
