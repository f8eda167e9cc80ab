package demo

import (
	"fmt"
	"time"
)

// mix is a hash of a line's number (the finaliser of SplitMix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// AppendLogLine writes line n of a log of web servers and services. It names machines, requests and durations, and
// nobody: no name, no account, no address outside the private ranges.
func AppendLogLine(b []byte, n int) []byte {
	h := mix(uint64(n))
	at := asOf.Add(time.Duration(n) * 37 * time.Millisecond)
	switch h >> 60 {
	case 0, 1, 2, 3, 4, 5, 6:
		return accessLine(b, h, at)
	case 7, 8, 9, 10, 11:
		return serviceLine(b, h, at)
	case 12, 13:
		return traceLine(b, h, at)
	}
	return jsonLine(b, h, at)
}

func accessLine(b []byte, h uint64, at time.Time) []byte {
	return fmt.Appendf(b, `10.%d.%d.%d - - [%s] "%s %s HTTP/1.1" %d %d "-" "%s" rt=0.%03d`+"\n",
		h&15, h>>4&255, h>>12&255, at.Format("02/Jan/2006:15:04:05 -0700"), pick(verbs, int(h>>20&1023)),
		pick(paths, int(h>>24&1023)), statuses[h>>28%uint64(len(statuses))], h>>32&65535, pick(agents, int(h>>40&1023)), h>>44%1000)
}

func serviceLine(b []byte, h uint64, at time.Time) []byte {
	b = fmt.Appendf(b, "%s %-5s [worker-%d] c.m.%s : request=", at.Format("2006-01-02T15:04:05.000Z"),
		pick(levels, int(h&1023)), h>>8&15, pick(loggers, int(h>>12&1023)))
	b = appendUUID(b, mix(h), mix(h+1))
	return fmt.Appendf(b, " %s in %d ms (%d rows, %d bytes, pool %d/%d)\n", pick(actions, int(h>>20&1023)), h>>24&4095, h>>36&511, h>>40&1048575, h>>4&31, 32)
}

func traceLine(b []byte, h uint64, at time.Time) []byte {
	return fmt.Appendf(b, "%d.%06d trace=%016x%016x span=%016x sha256=%016x%016x%016x%016x %s v%d.%d.%d+%07x\n",
		at.Unix(), at.Nanosecond()/1000, mix(h), mix(h+2), mix(h+3), mix(h+4), mix(h+5), mix(h+6), mix(h+7),
		pick(loggers, int(h>>8&1023)), h>>16&7, h>>20&31, h>>28&63, h>>32&0xfffffff)
}

func jsonLine(b []byte, h uint64, at time.Time) []byte {
	return fmt.Appendf(b, `{"ts":"%s","level":"%s","logger":"%s","msg":"%s","dur_ms":%d.%03d,"host":"app-%02d","build":%d,"etag":"%08x"}`+"\n",
		at.Format(time.RFC3339Nano), pick(levels, int(h&1023)), pick(loggers, int(h>>12&1023)), pick(actions, int(h>>20&1023)),
		h>>24&4095, h>>36%1000, h>>46&31, 202_500_000+h>>50, uint32(mix(h)))
}

var (
	verbs   = split(`GET|GET|GET|POST|PUT|HEAD`)
	levels  = split(`INFO|INFO|INFO|DEBUG|WARN|ERROR`)
	loggers = split(`scheduler.QueueRunner|http.Router|cache.Evictor|db.Pool|jobs.NightlyExport|auth.TokenRefresh|storage.Uploader`)
	actions = split(`completed batch|cache miss, reloading|connection returned to pool|retrying after timeout|checkpoint written|
		index rebuilt|lease renewed|queue drained`)
	paths = split(`/static/js/app.7f3c1d0e.js|/static/css/main.css|/health|/api/v2/appointments/slots?week=27|/login|
		/api/v2/locations|/metrics|/favicon.ico|/api/v2/forms/intake/schema|/images/banner-1200x630.webp`)
	agents = split(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36|
		Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15|curl/8.5.0|kube-probe/1.29`)
	statuses = [...]int{200, 200, 200, 200, 304, 302, 404, 500}
)

// writeLog writes a decoy of n log lines, which begin at line from.
func writeLog(w *writer, name string, from, n int) {
	f := w.create(name, Decoy)
	for i := range n {
		f.b = AppendLogLine(f.b, from+i)
		f.end()
	}
	f.close()
}
