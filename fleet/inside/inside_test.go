package inside

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chartroom/chartroom/fleet"
)

func TestTicketsAndCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		l := New("east")
		p := l.Post("w")
		want := fleet.Ticket{Run: 1, Shard: 2}
		time.AfterFunc(time.Second, func() { l.Call(ctx, "west", want); l.Call(ctx, "east", want) })
		h, err := p.Next(ctx)
		if err != nil || h.Ticket() != want {
			t.Fatalf("%v, %v", h, err)
		}
		if err := errors.Join(h.Keep(ctx), h.Return(ctx, time.Minute)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if h, err = p.Next(ctx); err != nil || time.Since(began) != time.Minute || h.Done(ctx) != nil {
			t.Errorf("it came back after %s, %v", time.Since(began), err)
		}
		if n, err := l.Waiting(ctx, "east"); n != 0 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
		no := errors.New("no")
		go l.Answer(ctx, func(_ context.Context, from fleet.Peer, m fleet.Method, q []byte) ([]byte, error) {
			if m == fleet.CallBeat {
				return nil, no
			}
			return append([]byte(from.Name+"@"+from.Enclave+" "), q...), nil
		})
		if a, err := p.Ask(ctx, fleet.CallClaim, []byte("?")); string(a) != "w@east ?" || err != nil {
			t.Errorf("%s, %v", a, err)
		}
		if _, err := p.Ask(ctx, fleet.CallBeat, nil); !errors.Is(err, no) {
			t.Error(err)
		}
		stop()
		synctest.Wait()
		if _, err := p.Ask(ctx, fleet.CallClaim, nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := p.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
