package market

import (
	"strings"
	"time"
)

// The cabinet and its shops.
const (
	businessID   = 987654
	businessName = "Игрушки и не только"
)

type shop struct {
	id           int64
	name         string
	placement    string
	availability string
}

var shops = []shop{
	{20001, "toys-fby.example", "FBY", "AVAILABLE"},
	{20002, "toys-fbs.example", "FBS", "AVAILABLE"},
	{20003, "toys-dbs.example", "DBS", "AVAILABLE"},
	{20004, "toys-laas.example", "LAAS", "AVAILABLE"},
	{20005, "toys-closed.example", "FBS", "DISABLED_BY_INACTIVITY"},
}

func shopOf(id int64) *shop {
	for i := range shops {
		if shops[i].id == id {
			return &shops[i]
		}
	}
	return nil
}

// takes reports whether an operation is for a shop of a work model.
func (o *operation) takes(s *shop) bool {
	for _, m := range o.Models {
		if m == s.placement {
			return true
		}
	}
	return false
}

// key is a token that the service knows.
type key struct {
	token, meaning string
	bearer         bool
	scopes         []string
	refusal        string // why it is refused
}

const goodKey = "ACMA:sandbox-market-key:0001"

var keys = []key{
	{token: goodKey, meaning: "key for everything that reads", scopes: []string{"ALL_METHODS_READ_ONLY"}},
	{token: "ACMA:sandbox-money:0002", meaning: "key for finance only: no stocks, movements, reviews or labels", scopes: []string{"FINANCE_AND_ACCOUNTING"}},
	{token: "ACMA:sandbox-reviews:0003", meaning: "key for reviews only", scopes: []string{"COMMUNICATION"}},
	{token: "ACMA:sandbox-revoked:0004", meaning: "key that was revoked: 401", refusal: "Api-Key token is revoked"},
	{token: "sandbox-market-oauth", meaning: "OAuth token", bearer: true},
}

// spells the scopes of keys as the methods list them.
func methodScope(s string) string {
	name, readOnly := strings.CutSuffix(s, "_READ_ONLY")
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if readOnly {
		name += ":read-only"
	}
	return name
}

func (k *key) may(o *operation) bool {
	if k.bearer {
		return true
	}
	for _, have := range k.scopes {
		for _, want := range o.Scopes {
			if methodScope(have) == want {
				return true
			}
		}
	}
	return false
}

// moscow is where the cabinet's days begin.
var moscow = time.FixedZone("MSK", 3*60*60)

// day is the beginning of a day there.
func day(t time.Time) time.Time {
	y, m, d := t.In(moscow).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, moscow)
}
