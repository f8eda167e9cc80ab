package mongodb

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const password = "only for tests"

// server answers as mongod does, from documents that are kept here: logins by SCRAM, lists, searches with cursors as of one moment. Its
// faults can be chosen. It was made from the protocol's specification (OP_MSG, OP_QUERY for the first greeting, the commands' pages), and
// proves no more than that: no mongod can be installed where these tests were written.
type server struct {
	net.Listener
	mu      sync.Mutex
	meta    map[string]bson.D   // of collections
	docs    map[string][]bson.D // by collection
	auth    bool
	actions []string
	hidden  bool // the login may not list the database, only what it has a right to
	old     bool // a server for itself, older than 5.0
	denied  map[string]int32
	cuts    int // how many more searches are cut off behind their first part
	first   int // how many more connections are cut off at the first search
	levels  []string
	cursors map[int64][]bson.D
	last    int64
	secure  *tls.Config
	part    string // what the first part of an answer is called
}

func newServer(t testing.TB) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l, meta: map[string]bson.D{}, docs: map[string][]bson.D{}, auth: true, actions: []string{"find", "collStats"}, cursors: map[int64][]bson.D{}, denied: map[string]int32{}, part: "firstBatch"}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.set(func() {
				if s.secure != nil {
					c = tls.Server(c, s.secure)
				}
			})
			go s.serve(c)
		}
	}()
	return s
}

// withTLS lets nobody in without TLS.
func (s *server) withTLS(t testing.TB) {
	h := httptest.NewTLSServer(nil)
	t.Cleanup(h.Close)
	s.set(func() { s.secure = h.TLS })
}

// set changes something while clients look in.
func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) put(name, kind string, docs ...bson.D) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := binary.BigEndian.AppendUint64(make([]byte, 8), uint64(s.last))
	s.meta[name] = bson.D{{Key: "name", Value: name}, {Key: "type", Value: kind}, {Key: "options", Value: bson.D{{Key: "capped", Value: strings.HasPrefix(name, "capped")}}},
		{Key: "info", Value: bson.D{{Key: "uuid", Value: bson.Binary{Subtype: 4, Data: id}}}}}
	s.docs[name] = docs
}

// conversation is what belongs to one connection.
type conversation struct {
	scram *scram.ServerConversation
	in    bool
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	conv := &conversation{}
	for {
		head := make([]byte, 16)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		n := binary.LittleEndian.Uint32(head)
		if n < 16 || n > 48<<20 {
			return
		}
		body := make([]byte, n-16)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		msg := binary.LittleEndian.Uint32(head[12:]) == 2013
		at := 5 // flags, and the kind of the first section
		if !msg {
			at = 4 + strings.IndexByte(string(body[4:]), 0) + 1 + 8
		}
		length := binary.LittleEndian.Uint32(body[at:])
		answer := s.command(conv, bson.Raw(body[at:at+int(length)]))
		if answer == nil {
			return
		}
		doc, err := bson.Marshal(answer)
		if err != nil {
			panic(err) // it is our own
		}
		var out []byte
		if msg {
			out = append(make([]byte, 4), 0)
		} else { // OP_REPLY: flags, cursor, from, one document
			out = append(make([]byte, 16), 1, 0, 0, 0)
			binary.LittleEndian.PutUint32(out, 8) // AwaitCapable
		}
		out = append(out, doc...)
		reply := make([]byte, 16, 16+len(out))
		binary.LittleEndian.PutUint32(reply, uint32(16+len(out)))
		copy(reply[8:], head[4:8])
		binary.LittleEndian.PutUint32(reply[12:], map[bool]uint32{true: 2013, false: 1}[msg])
		if _, err := c.Write(append(reply, out...)); err != nil {
			return
		}
	}
}

func fault(code int32, words string) bson.D {
	return bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: code}, {Key: "errmsg", Value: words + " Ada Plantagenet"}, {Key: "codeName", Value: words}}
}

func good(d ...bson.E) bson.D { return append(d, bson.E{Key: "ok", Value: 1.0}) }

// command answers a command; nil cuts the connection.
func (s *server) command(c *conversation, q bson.Raw) bson.D {
	s.mu.Lock()
	defer s.mu.Unlock()
	elements, err := q.Elements()
	if err != nil || len(elements) == 0 {
		return nil
	}
	name := elements[0].Key()
	switch {
	case strings.EqualFold(name, "hello") || strings.EqualFold(name, "ismaster"):
		return s.hello()
	case name == "saslStart" || name == "saslContinue":
		return s.sasl(c, q)
	case name == "endSessions" || name == "ping":
		return good()
	case s.auth && !c.in:
		return fault(13, "Unauthorized")
	}
	switch name {
	case "connectionStatus":
		users := bson.A{}
		if s.auth {
			users = append(users, bson.D{{Key: "user", Value: "reader"}})
		}
		return good(bson.E{Key: "authInfo", Value: bson.D{{Key: "authenticatedUsers", Value: users}, {Key: "authenticatedUserPrivileges", Value: bson.A{bson.D{{Key: "actions", Value: s.actions}}}}}})
	case "listDatabases":
		return good(bson.E{Key: "databases", Value: bson.A{bson.D{{Key: "name", Value: "admin"}}, bson.D{{Key: "name", Value: "clinic"}}}})
	case "listCollections":
		return s.collections(q)
	case "aggregate":
		return batch(0, s.part, bson.A{bson.D{{Key: "storageStats", Value: bson.D{{Key: "size", Value: int32(len(s.docs[elements[0].Value().StringValue()]) * 100)}}}}})
	case "find":
		return s.find(q)
	case "getMore":
		return s.more(elements[0].Value().Int64(), "nextBatch")
	case "killCursors":
		return good(bson.E{Key: "cursorsKilled", Value: bson.A{}})
	case "buildInfo":
		return good(bson.E{Key: "version", Value: "7.0.0"})
	case "dbStats":
		return good(bson.E{Key: "dataSize", Value: 4711.0}, bson.E{Key: "objects", Value: int32(5)})
	}
	return fault(13, "Unauthorized") // serverStatus among them
}

func (s *server) hello() bson.D {
	d := bson.D{{Key: "isWritablePrimary", Value: true}, {Key: "ismaster", Value: true}, {Key: "helloOk", Value: true}, {Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48000000},
		{Key: "maxWriteBatchSize", Value: 100000}, {Key: "minWireVersion", Value: 0}, {Key: "logicalSessionTimeoutMinutes", Value: 30}, {Key: "saslSupportedMechs", Value: bson.A{"SCRAM-SHA-256"}}}
	if s.old {
		return good(append(d, bson.E{Key: "maxWireVersion", Value: 9})...)
	}
	return good(append(d, bson.E{Key: "maxWireVersion", Value: 21}, bson.E{Key: "setName", Value: "rs0"}, bson.E{Key: "hosts", Value: bson.A{s.Addr().String()}}, bson.E{Key: "me", Value: s.Addr().String()})...)
}

func (s *server) sasl(c *conversation, q bson.Raw) bson.D {
	if c.scram == nil {
		srv, err := scram.SHA256.NewServer(func(user string) (scram.StoredCredentials, error) {
			client, err := scram.SHA256.NewClient(user, password, "")
			if err != nil {
				return scram.StoredCredentials{}, err
			}
			return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt of a test..", Iters: 4096})
		})
		if err != nil {
			return fault(18, "AuthenticationFailed")
		}
		c.scram = srv.NewConversation()
	}
	_, payload := q.Lookup("payload").Binary()
	out := ""
	var err error
	if !c.scram.Done() {
		out, err = c.scram.Step(string(payload))
	}
	if err != nil {
		return fault(18, "AuthenticationFailed")
	}
	c.in = c.scram.Valid()
	return good(bson.E{Key: "conversationId", Value: 1}, bson.E{Key: "done", Value: c.scram.Done()}, bson.E{Key: "payload", Value: bson.Binary{Data: []byte(out)}})
}

func batch(id int64, name string, docs bson.A) bson.D {
	return good(bson.E{Key: "cursor", Value: bson.D{{Key: "id", Value: id}, {Key: "ns", Value: "clinic.x"}, {Key: name, Value: docs}}})
}

func (s *server) collections(q bson.Raw) bson.D {
	only, _ := q.Lookup("authorizedCollections").BooleanOK()
	if s.hidden && !only {
		return fault(13, "Unauthorized")
	}
	out := bson.A{}
	want, _ := q.Lookup("filter", "name").StringValueOK()
	for name, meta := range s.meta {
		if want == "" || name == want {
			if only {
				meta = meta[:2]
			}
			out = append(out, meta)
		}
	}
	return batch(0, "firstBatch", out)
}

func (s *server) find(q bson.Raw) bson.D {
	name := q.Lookup("find").StringValue()
	if s.first > 0 {
		s.first--
		return nil
	}
	level, _ := q.Lookup("readConcern", "level").StringValueOK()
	s.levels = append(s.levels, level)
	switch {
	case s.denied[name] == 246 && level != "snapshot":
	case s.denied[name] != 0:
		return fault(s.denied[name], "Denied")
	}
	docs := s.docs[name]
	if id, err := q.LookupErr("filter", "files_id"); err == nil {
		docs = slices.DeleteFunc(slices.Clone(docs), func(d bson.D) bool { return d[1].Value != id.ObjectID() })
	}
	s.last++
	s.cursors[s.last] = slices.Clone(docs)
	return s.more(s.last, "firstBatch")
}

// more answers with the next part of a cursor.
func (s *server) more(id int64, name string) bson.D {
	if name == "nextBatch" && s.cuts > 0 {
		s.cuts--
		return nil
	}
	docs := s.cursors[id]
	n := min(len(docs), 50)
	part := bson.A{}
	for _, d := range docs[:n] {
		part = append(part, d)
	}
	if s.cursors[id] = docs[n:]; n == len(docs) {
		delete(s.cursors, id)
		id = 0
	}
	return batch(id, name, part)
}
