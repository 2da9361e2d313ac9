// Goroutines over a `chan func()`, with the command line of bench/peers/pool_program.hpp. The function that a
// producer sends is made once: sending it allocates nothing.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const queueCapacity = 1024

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

// answer prints the line of JSON; members ends with a comma or is empty.
func answer(took time.Duration, before, after usage, members string, checksum uint64) {
	fmt.Printf("{\"seconds\": %v, \"cpu_seconds\": %v, \"voluntary\": %d, \"involuntary\": %d, %s\"checksum\": %d}\n",
		took.Seconds(), (after.cpu - before.cpu).Seconds(), after.voluntary-before.voluntary,
		after.involuntary-before.involuntary, members, checksum)
}

var sink uint64

// spin does so many rounds of work, each of which needs the one before.
func spin(rounds uint64) {
	state := rounds
	for ; rounds > 0; rounds-- {
		state = state*6364136223846793005 + 1
	}
	if state == 1 {
		atomic.StoreUint64(&sink, state)
	}
}

// calibrate finds the rounds that take 1 us, by the shortest of many tries.
func calibrate() uint64 {
	const rounds = 2000
	shortest := time.Hour
	for i := 0; i < 2000; i++ {
		before := time.Now()
		spin(rounds)
		if took := time.Since(before); took < shortest {
			shortest = took
		}
	}
	return rounds * 1000 / uint64(shortest.Nanoseconds())
}

// startWorkers returns the queue that so many goroutines take functions from, until it is closed.
func startWorkers(workers int, done *sync.WaitGroup) chan func() {
	queue := make(chan func(), queueCapacity)
	for i := 0; i < workers; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for job := range queue {
				job()
			}
		}()
	}
	return queue
}

func runJobs(producers, workers int, items, rounds uint64) {
	var ended sync.WaitGroup
	queue := startWorkers(workers, &ended)
	left := items
	last := make(chan struct{})
	job := func() {
		if rounds > 0 {
			spin(rounds)
		}
		if atomic.AddUint64(&left, ^uint64(0)) == 0 {
			close(last)
		}
	}
	start := make(chan struct{})
	for i := 0; i < producers; i++ {
		go func() {
			<-start
			for n := items / uint64(producers); n > 0; n-- {
				queue <- job
			}
		}()
	}
	time.Sleep(time.Millisecond) // until all stand at the start
	before, began := used(), time.Now()
	close(start)
	<-last
	took, after := time.Since(began), used()
	close(queue)
	ended.Wait()
	answer(took, before, after, "", items-atomic.LoadUint64(&left))
}

func latenciesAfterIdling(workers int, items uint64) {
	var ended sync.WaitGroup
	queue := startWorkers(workers, &ended)
	started := make(chan time.Time)
	job := func() { started <- time.Now() }
	var found []string
	before, began := used(), time.Now()
	for n := uint64(0); n < items; n++ {
		time.Sleep(10 * time.Millisecond)
		submitted := time.Now()
		queue <- job
		found = append(found, fmt.Sprint((<-started).Sub(submitted).Seconds()))
	}
	answer(time.Since(began), before, used(), `"latencies": [`+strings.Join(found, ", ")+"], ", uint64(len(found)))
}

func standIdle(workers int, length time.Duration) {
	var ended sync.WaitGroup
	startWorkers(workers, &ended)
	time.Sleep(100 * time.Millisecond)
	before, began := used(), time.Now()
	time.Sleep(length)
	answer(time.Since(began), before, used(), "", uint64(length.Milliseconds()))
}

func main() {
	producers := flag.Int("producers", 1, "who hand in jobs")
	workers := flag.Int("workers", 2, "who do them")
	items := flag.Uint64("items", 0, "jobs, or with -parked milliseconds")
	rounds := flag.Uint64("spin", 0, "rounds of work in a job")
	idle := flag.Bool("idle", false, "a job every 10 ms")
	parked := flag.Bool("parked", false, "no job at all")
	calibrating := flag.Bool("calibrate", false, "how many rounds take 1 us")
	flag.Parse()
	switch {
	case *calibrating:
		fmt.Printf("{\"spin\": %d}\n", calibrate())
	case *producers < 1 || *workers < 1 || *items == 0 || *items%uint64(*producers) != 0:
		fmt.Fprintf(os.Stderr, "--items %d cannot be shared by %d and %d\n", *items, *producers, *workers)
		os.Exit(2)
	case *parked:
		standIdle(*workers, time.Duration(*items)*time.Millisecond)
	case *idle:
		latenciesAfterIdling(*workers, *items)
	default:
		runJobs(*producers, *workers, *items, *rounds)
	}
}
