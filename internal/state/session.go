package state

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// busyTimeout is how long SQLite waits for another process that writes, in
// milliseconds. Our own writes take less than one.
const busyTimeout = "10000"

// access is how a database file is opened.
type access string

const (
	// writing opens the one session that transactions are made in.
	writing access = "mode=rw&_synchronous=FULL&_foreign_keys=1"
	// reading may write the file's -shm beside it and clears up after a writer that
	// was killed, which reading a write-ahead log takes; the data it cannot change.
	reading access = "mode=rw&_query_only=1"
	// frozen is for folders in which nothing can be written: no lock, no log.
	frozen access = "mode=ro&immutable=1&_query_only=1"
)

// commitData has SQLite commit with fdatasync where there is one, as the builds of
// Linux distributions do. It is as durable, and saves a write of the file's times.
var commitData = sync.OnceFunc(func() {
	_, _ = sqlite.Fdatasync(true) // without it commits are slower, not less safe
})

// session is a connection with the statements that were prepared on it. It serves
// one goroutine at a time.
//
// It speaks to the driver directly: the general layer above it costs a snapshot
// more than SQLite itself does, and its transactions cannot use what a connection
// has prepared.
type session struct {
	conn       driver.Conn
	statements map[string]driver.Stmt
}

func openSession(path string, a access) (*session, error) {
	commitData()
	connector, err := sqlite.NewConnector(dsn(path, a))
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, statements: map[string]driver.Stmt{}}, nil
}

// dsn is the file as a URI; whatever is special in its path is escaped.
func dsn(path string, a access) string {
	path = filepath.ToSlash(path)
	if runtime.GOOS == "windows" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=" + busyTimeout + "&_error_rc=1&_dqs=0&" + string(a)
}

// row is a row of a result. Columns that are NULL read as zero values.
type row []driver.Value

func (r row) text(i int) string  { s, _ := r[i].(string); return s }
func (r row) bytes(i int) []byte { b, _ := r[i].([]byte); return b }
func (r row) number(i int) int64 { n, _ := r[i].(int64); return n }
func (r row) truth(i int) bool   { return r.number(i) != 0 }
func (r row) null(i int) bool    { return r[i] == nil }

// document is JSON text, nil for NULL.
func (r row) document(i int) []byte {
	if r.null(i) {
		return nil
	}
	return []byte(r.text(i))
}

func (s *session) prepared(query string) (driver.Stmt, error) {
	if st, ok := s.statements[query]; ok {
		return st, nil
	}
	st, err := s.conn.Prepare(query)
	if err == nil {
		s.statements[query] = st
	}
	return st, err
}

// change runs a statement and returns how many rows it touched.
func (s *session) change(query string, args ...any) (int64, error) {
	st, err := s.prepared(query)
	if err != nil {
		return 0, err
	}
	values, err := named(args)
	if err != nil {
		return 0, err
	}
	res, err := st.(driver.StmtExecContext).ExecContext(context.Background(), values)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// script runs several statements that are not worth keeping.
func (s *session) script(text string) error {
	_, err := s.conn.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

// each calls fn for every row, which is good until fn returns; what it holds stays
// good.
func (s *session) each(ctx context.Context, query string, args []any, fn func(row) error) (err error) {
	st, err := s.prepared(query)
	if err != nil {
		return err
	}
	values, err := named(args)
	if err != nil {
		return err
	}
	rows, err := st.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	r := make(row, len(rows.Columns()))
	for {
		switch err := rows.Next(r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(r); err != nil {
			return err
		}
	}
}

// first returns the first row, nil if there is none.
func (s *session) first(query string, args ...any) (row, error) {
	var found row
	err := s.each(context.Background(), query, args, func(r row) error {
		if found == nil {
			found = append(row(nil), r...)
		}
		return nil
	})
	return found, err
}

// one returns the first row, which must be there.
func (s *session) one(query string, args ...any) (row, error) {
	r, err := s.first(query, args...)
	if err == nil && r == nil {
		err = errOrphan
	}
	return r, err
}

// exists reports whether the query, a SELECT EXISTS, says so.
func (s *session) exists(query string, args ...any) (bool, error) {
	r, err := s.one(query, args...)
	return err == nil && r.truth(0), err
}

// named are arguments as the driver takes them.
func named(args []any) ([]driver.NamedValue, error) {
	if len(args) == 0 {
		return nil, nil
	}
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, err
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return values, nil
}

// inside runs fn between the statement that begins a transaction and its end.
func (s *session) inside(begin string, fn func() error) error {
	if _, err := s.change(begin); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if _, err = s.change(`COMMIT`); err == nil {
			return nil
		}
	}
	// SQLite has rolled back by itself after some errors; this one is then refused.
	_, _ = s.change(`ROLLBACK`)
	return err
}

func (s *session) close() error {
	var errs []error
	for _, st := range s.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
