package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// limitLists is the role of a program that asks for the saves of many reports,
// several at once, and does nothing else.
func limitLists(ctx context.Context, args []string, _ io.Reader, _ io.Writer) error {
	flags := flag.NewFlagSet("limit-lists", flag.ContinueOnError)
	url := flags.String("url", "", "the service")
	reports := flags.Int("reports", 1, "reports to ask for")
	inFlight := flags.Int("in-flight", 1, "requests at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *inFlight}}
	todo := make(chan int, *reports)
	for i := range *reports {
		todo <- i + 1
	}
	close(todo)
	var group sync.WaitGroup
	errs := make([]error, *inFlight)
	for i := range errs {
		group.Go(func() {
			for report := range todo {
				body, err := post(ctx, client, fmt.Sprintf("%s/report/%d/save/list", *url, report))
				if err == nil {
					_, err = io.Copy(io.Discard, body)
					err = errors.Join(err, body.Close())
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
