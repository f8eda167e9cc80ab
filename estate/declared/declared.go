// Package declared is what an organisation says of its estate: who is responsible for what, where it stands, what is in the governed
// register, and facts that no collector can see. A declaration is evidence of its own kind: somebody said so, on a day.
package declared

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Estate is all that is declared. The zero Estate declares nothing.
type Estate struct {
	Custodians []Custodian  `yaml:"custodians"`
	Targets    []Target     `yaml:"targets"`
	Register   []Registered `yaml:"register"`
	Facts      []Fact       `yaml:"declared"`
}

// Custodian is an organisation that is responsible for records.
type Custodian struct {
	Name  string `yaml:"name"`
	Kind  string `yaml:"kind"`  // acquirer, acquired or vendor
	Since string `yaml:"since"` // the day from which on it belongs to the estate; "" = always
}

// Target is a place to be surveyed. It has an URL or a Path.
type Target struct {
	Name      string `yaml:"name"` // for the user; "" = its address
	URL       string `yaml:"url"`  // postgres://user@host/database, s3://bucket/prefix, ...
	Path      string `yaml:"path"` // a file or directory tree; a relative one begins where the file of the estate stands
	Custodian string `yaml:"custodian"`
	Owner     string `yaml:"owner"` // who answers for it: a person or a team
	Password  Secret `yaml:"password"`
	Access    string `yaml:"access"`   // declared: what is surveyed is a copy, whose own rights say nothing; "" = they are collected
	Schedule  string `yaml:"schedule"` // hourly, daily, weekly, monthly, or a duration such as 6h; "" = when asked
	Sample    Share  `yaml:"sample"`   // of what a random sample is read; 0 = as for the whole survey
	Drill     string `yaml:"drill"`    // allowed: a drill may plant invented people there; "" = it may not
	Limits    Limits `yaml:"limits"`
	Enclave   string `yaml:"enclave"` // whose workers survey it, where there is a fleet; "" = the hub's own
}

// Address is the target's URL or path.
func (t *Target) Address() string {
	if t.URL != "" {
		return t.URL
	}
	return t.Path
}

// Label is what the target is called.
func (t *Target) Label() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Address()
}

// Limits bound what the survey of one target may cost. What is zero is as for the whole survey.
type Limits struct {
	Workers    int      `yaml:"workers"` // items read at once
	Rate       string   `yaml:"rate"`    // bytes a second: 20MB
	ItemTime   Duration `yaml:"max_item_time"`
	Depth      int      `yaml:"max_depth"`
	InnerMiB   int64    `yaml:"max_inner_mib"`
	InnerRatio int64    `yaml:"max_inner_ratio"`
	Members    int64    `yaml:"max_members"`
}

// Secret says where a secret is. The secret itself never stands in the file of the estate.
type Secret struct {
	Env  string `yaml:"env"`  // the variable of the environment that holds it
	File string `yaml:"file"` // the file that holds it in its first line, and that only its owner may read
	// Keyring is SERVICE/ACCOUNT: the entry of the system's keyring that holds it.
	Keyring string `yaml:"keyring"`
}

// Shape tells how a secret is written.
func (Secret) Shape() string {
	return "a secret never stands in this file; write password: {env: NAME} for a variable of the environment, password: {file: PATH} for a file with mode 0600, or password: {keyring: SERVICE/ACCOUNT}"
}

// Given tells whether there is one.
func (s Secret) Given() bool { return s != Secret{} }

// Registered is an entry of the governed register: a repository, or a part of one, that the acquirer's governance knows.
type Registered struct {
	Repository     string `yaml:"repository"`     // its name as answers show it, or that of its target; a part of it stands behind a "/"
	Classification string `yaml:"classification"` // the label that it bears
	Registered     string `yaml:"registered"`     // a day
	Steward        string `yaml:"steward"`
	Retention      string `yaml:"retention"` // how long what is in it is kept: 10 years
}

// Fact is something that somebody says is so. Principals under Who and On are written as Ref reads them.
type Fact struct {
	Type      string            `yaml:"type"`     // one of those that Types gives
	Name      string            `yaml:"name"`     // of the provider, vendor, help desk, control or system; of a file: of the system whose accounts these are
	File      string            `yaml:"file"`     // CSV or JSON, as the type says
	Element   string            `yaml:"element"`  // of the front door: which type of element it is, patient_portal
	Provider  string            `yaml:"provider"` // which identity provider logs these accounts in; "no" = none does
	Who       []string          `yaml:"who"`      // principals: administrators, staff, what a vendor holds, who has the access
	May       []string          `yaml:"may"`      // what they may do
	On        []string          `yaml:"on"`       // repositories, or principals whom it is done to
	Custodian string            `yaml:"custodian"`
	By        string            `yaml:"by"`    // who says so
	AsOf      string            `yaml:"as_of"` // on which day
	Until     string            `yaml:"until"` // the day after which it has to be said anew; "" = none was given
	Is        map[string]string `yaml:"is"`    // what is said: mfa: enforced
}

// Share is a part of a whole, above 0 to 1. It is written "1%" or "0.05%"; 100% is all.
type Share float64

// UnmarshalText reads the share.
func (s *Share) UnmarshalText(b []byte) error {
	number, percent := strings.CutSuffix(string(b), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(v >= minShare && v <= 100) {
		return fmt.Errorf("%q is no share such as 1%% or 0.05%%; 100%% reads all", b)
	}
	*s = Share(v / 100)
	return nil
}

// minShare is the smallest share, in percent: a sample has a thousand records or 300 blocks anyway.
const minShare = 1e-6

// Duration reads "24h" from YAML.
type Duration time.Duration

// UnmarshalText reads the duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration such as 24h or 90m", b)
	}
	*d = Duration(v)
	return nil
}
