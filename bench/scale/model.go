// Command scale simulates surveys of estates that nobody has on one machine: how long they take with so many workers, what they
// cost, and which station saturates first.
//
// The model is a row of stations that every shard passes: listing, a worker, the source's own bandwidth, the hub that writes into the
// catalog. Each has a rate that was measured on a small run (Rates); the assumptions about an estate are in Estate, those about prices
// in Prices. What the model says of small runs is held against real ones by TestTheModelAgainstRuns.
package main

import "time"

// Estate is what there is to be surveyed.
type Estate struct {
	Name       string
	Bytes      float64
	Items      float64
	Spread     float64 // of the sizes of items: sigma of their logarithm
	Largest    float64 // bytes of the largest item
	Sources    int     // repositories that can be listed and read at once
	SourceRate float64 // bytes a second that one source gives
	ListRate   float64 // items a second that one source lists
	Latency    time.Duration
}

// Rates are what was measured of the stations.
type Rates struct {
	Read     float64       // bytes a second of one core, over the mix of formats
	Item     time.Duration // processor time of an item, besides its bytes
	Shard    time.Duration // of a worker, for a shard besides its items: claim, delivery, acknowledgement
	HubShard time.Duration // of the hub, for a shard
	HubItem  time.Duration // of the hub, for an item: its facts in the catalog
	HubBytes time.Duration // of the hub, for 32 MiB that workers read: traces of the people in them
	Start    time.Duration // from the start of a survey to its first shard, and what comes behind its last one
	ItemDisk float64       // bytes that an item takes in the catalog
}

// Fleet is who reads.
type Fleet struct {
	Workers int
	Cores   int     // of each
	Slots   int     // items read at once by each, which hides the latency of a source
	Network float64 // bytes a second of each
	Hubs    int     // each with a catalog of its own, for its part of the sources; 0 = one
	Shared  int     // cores of the one machine on which all of it runs; 0 = each has its own
}

// Prices are list prices, in US dollars.
type Prices struct {
	CoreHour float64
	Get      float64 // of one request for an object
	List     float64 // of one request for a page of 1,000 names
}

// shardBytes and shardItems bound a shard, and pieceBytes is what a large item is cut to, as the hub plans.
const (
	shardBytes = 64 << 20
	shardItems = 500
	pieceBytes = 128 << 20 // four pieces of 32 MiB in a shard
	largeItem  = 256 << 20
	window     = 10_000 // tickets that are out at once
)
