package cli_test

import (
	"os"
	"os/signal"
	"syscall"
)

func signals() <-chan os.Signal {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	return c
}
