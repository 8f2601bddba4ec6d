// Command reportsync keeps a local, verifiable copy of the reports that a company
// makes in SaaS services, as declared in HCL.
package main

import (
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"reportsync/internal/cli"
)

func main() {
	if os.Getenv("GOMAXPROCS") == "" {
		// A call that waits for the disk keeps its processor for a while. With a few
		// to spare the others go on: making a thousand files durable takes two thirds
		// of the time on two cores.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 4)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(cli.Main(cli.Process(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ(), http.DefaultTransport, signals)))
}
