package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
)

// serveMarket is the role of a service that has made one large report: an archive with
// one sheet of so many bytes. It prints its address, and ends when stdin does.
func serveMarket(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("serve-market", flag.ContinueOnError)
	file := flags.String("file", "", "the archive, made if it does not exist")
	size := flags.Int64("size", 1<<20, "bytes of the sheet")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := makeArchive(*file, *size); err != nil {
		return err
	}
	mux := http.NewServeMux()
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"status":"OK","result":%s}`, text)
		}
	}
	mux.HandleFunc("POST /v2/auth/token", answer(`{"apiKey":{"authScopes":["ALL_METHODS_READ_ONLY"]}}`))
	mux.HandleFunc("POST /v2/reports/goods-prices/generate", answer(`{"reportId":"large","estimatedGenerationTime":0}`))
	mux.HandleFunc("GET /file.zip", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, *file) })
	return untilStdinEnds(ctx, func(host string) http.Handler {
		mux.HandleFunc("GET /v2/reports/info/large", answer(fmt.Sprintf(
			`{"status":"DONE","generationRequestedAt":"2026-01-01T00:00:00Z","file":"http://%s/file.zip"}`, host)))
		return mux
	}, stdin, stdout)
}

// makeArchive writes a sheet as the service does, with text that differs from row to
// row.
func makeArchive(path string, size int64) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	w, err := z.Create("business_prices.csv")
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<20)
	n, err := b.WriteString("OFFER_ID,OFFER_NAME,CATEGORY,PRICE,OLD_PRICE,VAT,DISCOUNT,UPDATED_AT\n")
	x := uint64(1)
	for total := int64(n); err == nil && total < size; total += int64(n) {
		x = x*6364136223846793005 + 1442695040888963407
		r := x >> 33
		n, err = fmt.Fprintf(b, "sku-%d,Product number %d,Category %d,%d.%02d,%d.00,%d,%d,2026-01-%02d %02d:%02d:00\n",
			r, r%9973, r%97, r%50000, r%100, r%60000, r%3*10, r%90, r%28+1, r%24, r%60)
	}
	return errors.Join(err, b.Flush(), z.Close())
}
