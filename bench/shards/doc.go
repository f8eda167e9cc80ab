// Package shards measures what a hub needs for a survey of a million shards: time, and memory.
package shards
