package accounts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store/storetest"
)

func TestWorkersComeAndGo(t *testing.T) {
	c, err := catalog.Open(t.Context(), storetest.Fresh(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := catalog.Worker{Name: "w1", Enclave: "east", Login: "U1", Seal: "X1"}
	if err := c.EnrolWorker(t.Context(), audit.Caller{Name: "Vera", Role: audit.Viewer}, w); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("a viewer enrols: %v", err)
	}
	if err := c.EnrolWorker(t.Context(), officer, w); err != nil {
		t.Fatal(err)
	}
	w.Login = "U2"
	if err := c.EnrolWorker(t.Context(), officer, w); !errors.Is(err, catalog.ErrWorkerThere) {
		t.Errorf("a second of the name: %v", err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if err := c.SawWorkers(t.Context(), []catalog.Worker{{Name: "w1", Seen: &now, Figures: "{}"}, {Name: "nobody", Seen: &now}}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Workers(t.Context())
	if err != nil || len(all) != 1 || all[0].Login != "U1" || all[0].By != "Ada" || all[0].Revoked != nil || !all[0].Seen.Equal(now) || all[0].Figures != "{}" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := c.RevokeWorker(t.Context(), officer, "w1"); err != nil {
		t.Fatal(err)
	}
	if err := c.RevokeWorker(t.Context(), officer, "w1"); !errors.Is(err, catalog.ErrNoWorker) {
		t.Errorf("revoked twice: %v", err)
	}
	if err := c.EnrolWorker(t.Context(), officer, w); err != nil {
		t.Errorf("it does not come back: %v", err)
	}
	if all, err = c.Workers(t.Context()); err != nil || all[0].Login != "U2" || all[0].Revoked != nil || all[0].Seen != nil {
		t.Errorf("%+v, %v", all, err)
	}
}
