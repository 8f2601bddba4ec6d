package funcs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"net/url"
	"unicode/utf8"
)

var errNotUTF8 = errors.New("the bytes are not UTF-8 text")

var base64EncodeFunc = stringFunc("str", func(s string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
})

var base64DecodeFunc = stringFunc("str", func(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	switch {
	case err != nil:
		// The error of the decoder quotes nothing, but the text may be a secret:
		// say no more than needed.
		return "", errors.New("not base64 text")
	case !utf8.Valid(b):
		return "", errNotUTF8
	}
	return string(b), nil
})

var base64GzipFunc = stringFunc("str", func(s string) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
})

var urlEncodeFunc = stringFunc("str", func(s string) (string, error) { return url.QueryEscape(s), nil })

var urlDecodeFunc = stringFunc("str", func(s string) (string, error) {
	out, err := url.QueryUnescape(s)
	if err != nil {
		return "", errors.New("not URL-encoded text")
	}
	if !utf8.ValidString(out) {
		return "", errNotUTF8
	}
	return out, nil
})
