// Command reportsync keeps a local, verifiable copy of the reports that a company
// makes in SaaS services, as declared in HCL.
package main

import (
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"reportsync/internal/cli"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(cli.Main(cli.Process(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ(), http.DefaultTransport, signals)))
}
