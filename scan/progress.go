package scan

import (
	"sync"
	"sync/atomic"

	"github.com/chartroom/chartroom/estate"
)

// Progress counts while a scan runs. Its zero value is ready, and all of it may be read at any time.
type Progress struct {
	Listed      atomic.Int64 // items listed
	ListedBytes atomic.Int64
	Done        atomic.Int64 // items read, renewed or found to be gaps
	DoneBytes   atomic.Int64 // bytes of listed items read or renewed
	ReadBytes   atomic.Int64 // bytes read, inner items not counted again
	Gaps        atomic.Int64

	mu     sync.Mutex
	people *estate.People
}

func (p *Progress) listed(bytes int64) {
	p.Listed.Add(1)
	p.ListedBytes.Add(max(0, bytes))
}

func (p *Progress) unchanged(bytes int64, items int) {
	p.Done.Add(int64(items))
	p.DoneBytes.Add(max(0, bytes))
}

func (p *Progress) read(n int) {
	p.DoneBytes.Add(int64(n))
	p.ReadBytes.Add(int64(n))
}

// Wrote counts a group of facts on its way to the ledger.
func (p *Progress) Wrote(group []estate.Fact) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range group {
		switch {
		case group[i].Item != nil:
			p.Done.Add(1)
			if who := group[i].Item.People; who != nil {
				if p.people == nil {
					p.people = estate.NewPeople(1 << 12)
				}
				p.people.Merge(who)
			}
		case group[i].Gap != nil:
			p.Gaps.Add(1)
		}
	}
}

// People estimates how many distinct people were met so far, those of unchanged items not counted.
func (p *Progress) People() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.people == nil {
		return 0
	}
	return p.people.Tally().Total.Estimate
}
