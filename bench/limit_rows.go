package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
)

// limitRows is the role of a program that fetches one report and does nothing
// else: it asks how many chunks there are, reads them, and writes the cells as they
// pass by.
func limitRows(ctx context.Context, args []string, _ io.Reader, _ io.Writer) (err error) {
	flags := flag.NewFlagSet("limit-rows", flag.ContinueOnError)
	url := flags.String("url", "", "the service")
	format := flags.String("format", "csv", "csv or jsonl")
	out := flags.String("out", "", "the file")
	inFlight := flags.Int("in-flight", 1, "requests at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{ReadBufferSize: bufferSize, MaxIdleConnsPerHost: *inFlight}}
	n, err := chunkCount(ctx, client, *url)
	if err != nil {
		return err
	}
	f, err := create(*out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.finish()) }()
	t := &transcript{scan: &scanner{}, file: f, jsonl: *format == "jsonl"}
	if *inFlight == 1 {
		for i := range n {
			body, err := post(ctx, client, chunkURL(*url, i))
			if err != nil {
				return err
			}
			if err := errors.Join(t.chunk(body), body.Close()); err != nil {
				return fmt.Errorf("chunk %d: %w", i, err)
			}
		}
		return nil
	}
	return ahead(ctx, client, *url, n, *inFlight, t)
}

// ahead reads the chunks of several requests at once in their order, each as a
// whole.
func ahead(ctx context.Context, client *http.Client, url string, n, inFlight int, t *transcript) error {
	type answer struct {
		body []byte
		err  error
	}
	answers := make([]chan answer, n)
	ask := func(i int) {
		answers[i] = make(chan answer, 1)
		go func() {
			var a answer
			body, err := post(ctx, client, chunkURL(url, i))
			if err == nil {
				a.body, err = io.ReadAll(body)
				err = errors.Join(err, body.Close())
			}
			a.err = err
			answers[i] <- a
		}()
	}
	for i := range min(inFlight, n) {
		ask(i)
	}
	for i := range n {
		a := <-answers[i]
		if next := i + inFlight; next < n {
			ask(next)
		}
		if a.err != nil {
			return a.err
		}
		if err := t.chunk(bytes.NewReader(a.body)); err != nil {
			return fmt.Errorf("chunk %d: %w", i, err)
		}
	}
	return nil
}

func chunkURL(url string, n int) string {
	return fmt.Sprintf("%s/report/1/save/5388/data?chunk=%d", url, n)
}

func chunkCount(ctx context.Context, client *http.Client, url string) (int, error) {
	body, err := post(ctx, client, url+"/report/1/save/list")
	if err != nil {
		return 0, err
	}
	defer body.Close() //nolint:errcheck // it was only read
	var answer struct {
		Saves []struct {
			ChunksCount int `json:"chunksCount"`
		} `json:"saves"`
	}
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("read list: %w", err)
	}
	if len(answer.Saves) != 1 {
		return 0, fmt.Errorf("read list: there are %d saves", len(answer.Saves))
	}
	return answer.Saves[0].ChunksCount, nil
}

func post(ctx context.Context, client *http.Client, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", url, resp.Status), resp.Body.Close())
	}
	return resp.Body, nil
}
