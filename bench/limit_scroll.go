package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// limitScroll is the role of a program that drains a scroll over issues and does
// nothing else: the bodies of the pages are thrown away.
func limitScroll(ctx context.Context, args []string, _ io.Reader, _ io.Writer) error {
	flags := flag.NewFlagSet("limit-scroll", flag.ContinueOnError)
	base := flags.String("url", "", "the service")
	fields := flags.String("fields", "", "the fields to ask for")
	busy := flags.Duration("busy", 0, "for how long of each 10ms a core is kept busy beside it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *busy > 0 {
		go keepBusy(ctx, *busy)
	}
	client := &http.Client{Transport: &http.Transport{ReadBufferSize: bufferSize}}
	q := url.Values{"scrollType": {"unsorted"}, "perScroll": {"1000"}, "scrollTTLMillis": {"60000"}, "fields": {*fields}}
	for {
		id, token, err := drain(ctx, client, *base+"/v3/issues/_search?"+q.Encode())
		if err != nil || id == "" {
			return err
		}
		q = url.Values{"scrollId": {id}, "scrollToken": {token}, "fields": {*fields}}
	}
}

// keepBusy takes a core for so long of each 10 ms.
func keepBusy(ctx context.Context, d time.Duration) {
	for ctx.Err() == nil {
		for since := time.Now(); time.Since(since) < d; { //nolint:forbidigo // real time is what is measured
		}
		wait(ctx, 10*time.Millisecond-d)
	}
}

// drain reads one page. The id is empty after the last one.
func drain(ctx context.Context, client *http.Client, address string) (id, token string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(`{"query":`+fmt.Sprintf("%q", issueQuery)+`}`)))
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "OAuth "+trackerToken)
	req.Header.Set("X-Org-ID", trackerOrg)
	resp, err := client.Do(req)
	if err != nil {
		return "", "", err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s for a page of the scroll", resp.Status)
	}
	_, rerr := io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("X-Scroll-Id"), resp.Header.Get("X-Scroll-Token"), errors.Join(err, rerr, resp.Body.Close())
}
