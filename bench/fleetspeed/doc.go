// Package fleetspeed measures what a fleet costs beside one process, and what a second worker brings.
package fleetspeed
