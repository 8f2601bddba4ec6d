package state

import (
	"context"
	"database/sql"
	"errors"
)

// session is a connection with the statements that were prepared on it. A
// transaction is begun and ended by statements too: those of [sql.Tx] cannot use
// what a connection has prepared. It serves one goroutine at a time.
type session struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.statements[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err == nil {
		s.statements[query] = st
	}
	return st, err
}

// change runs a statement and returns how many rows it touched.
func (s *session) change(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row reads one row.
func (s *session) row(ctx context.Context, query string, args []any, dst ...any) error {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dst...)
}

// each calls fn for every row, with the function that scans it.
func (s *session) each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) (err error) {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// inside runs fn between the statement that begins a transaction and its end.
func (s *session) inside(begin string, fn func() error) error {
	ctx := context.Background()
	if _, err := s.change(ctx, begin); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if _, err = s.change(ctx, `COMMIT`); err == nil {
			return nil
		}
	}
	// SQLite has rolled back by itself after some errors; this one is then refused.
	_, _ = s.change(ctx, `ROLLBACK`)
	return err
}

// close gives the connection back to its pool.
func (s *session) close() error {
	var errs []error
	for _, st := range s.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
