package demo

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// EstateFile is the file that describes the estate: custodians, targets, the governed register, who may do what.
const EstateFile = "estate.yaml"

// estateYAML describes the estate. The folders stand for servers elsewhere, so their own modes say nothing: access is what is declared.
// What is wrong in it is what goes wrong after mergers: a group of the migration that was never taken out, an archive that nobody
// registered, a table whose label says too little, an administrator of the old clinics whom no identity provider knows, a token of a vendor
// that never expires. The last four are what `chartroom review` finds, and it finds nothing else.
const estateYAML = `# The demo's estate. Everybody in it is invented.
custodians:
  - {name: Meridian, kind: acquirer}
  - {name: Lakeside Clinics, kind: acquired, since: 2025-03-01}
  - {name: Harbor Archive, kind: vendor}

targets:
  - {name: meridian, path: meridian, custodian: Meridian, owner: data-platform@meridian.example, access: declared}
  - {name: lakeside, path: lakeside, custodian: Lakeside Clinics, owner: it@lakeside.example, access: declared}
  - {name: harbor, path: harbor, custodian: Harbor Archive, access: declared}

register:
  - {repository: meridian, classification: restricted, registered: 2023-02-01, steward: privacy@meridian.example, retention: 10 years}
  - {repository: lakeside, classification: restricted, registered: 2025-09-15, steward: privacy@meridian.example, retention: 10 years}
  - {repository: lakeside/billing/ledger.tsv, classification: internal, registered: 2025-09-15, steward: billing@meridian.example, retention: 7 years}

declared:
  - {type: identity_provider, name: Entra ID, custodian: Meridian, by: CISO, as_of: 2025-12-01, who: [olga.ferreira@meridian.example], is: {mfa: enforced}}
  - {type: identity_provider, name: Okta, custodian: Lakeside Clinics, by: Lakeside IT, as_of: 2025-11-20, who: [dana.whitlock@lakeside.example], is: {mfa: optional, federated_to: Entra ID}}
  - {type: users, name: Entra ID, file: access/entra_users.csv, custodian: Meridian}
  - {type: users, name: Okta, file: access/okta_users.csv, custodian: Lakeside Clinics}
  - {type: users, name: lakeside-local, file: access/lakeside_local.csv, provider: "no", custodian: Lakeside Clinics}
  - {type: service_accounts, name: Entra ID, file: access/services.csv, custodian: Meridian}
  - {type: groups, name: Entra ID, file: access/entra_groups.csv, custodian: Meridian}
  - {type: groups, name: Okta, file: access/okta_groups.csv, custodian: Lakeside Clinics}
  - {type: oauth_apps, name: harbor-store, file: access/apps.csv, custodian: Harbor Archive}
  - {type: vendor, name: Harbor Archive, who: ["app:Harbor sync token"], is: {agreement: expired 2024-06-30}}
  - {type: help_desk, name: Meridian Service Desk, provider: Entra ID, who: ["Entra ID#group:Service Desk"], may: [password, mfa], on: ["Entra ID#group:Data Engineering"], is: {verifies: employee number}}
  - {type: access, who: ["Entra ID#group:Clinicians"], may: [read], on: [meridian/ehr, meridian/fhir-bulk]}
  - {type: access, who: ["Entra ID#group:Billing"], may: [read], on: [meridian/claims]}
  - {type: access, who: ["Entra ID#group:Data Engineering"], may: [read, write], on: [meridian]}
  - {type: access, who: ["Okta#group:Clinic Staff"], may: [read], on: [lakeside/scheduling, lakeside/notes]}
  - {type: access, who: ["Okta#group:Revenue Cycle"], may: [read, write], on: [lakeside/billing]}
  - {type: access, who: ["Okta#group:Lakeside IT"], may: [read, write], on: [lakeside, harbor]}
  - {type: access, who: ["lakeside-local#archiveadmin"], may: [read, write, admin], on: [harbor]}
  - {type: access, who: ["Entra ID#service:svc-etl-migration"], may: [read], on: [lakeside, harbor/archive-2019/PM_Export]}
  - {type: logins, who: ["Entra ID#group:Integration Team"], on: ["Okta#group:Lakeside IT"]}
  - {type: exposure, name: password in the log of a stealer, on: ["lakeside-local#archiveadmin"], by: threat intelligence, as_of: 2025-12-15, is: {infostealer_hit: "yes", rotated_after_hit: "no"}}
  - {type: labels, name: Meridian scheme, custodian: Meridian, by: CISO, as_of: 2025-12-01, is: {restricted: N R V, internal: none, public: none}}
  - {type: privileged_access, name: Meridian PAM, by: CISO, as_of: 2025-12-01, on: [meridian, lakeside]}
  - {type: logging, name: Meridian SIEM, by: CISO, as_of: 2025-12-01, on: [meridian, lakeside], is: {kept: 6 years}}
  - {type: keys, name: Meridian KMS, custodian: Meridian, by: CISO, as_of: 2025-12-01, on: [meridian, lakeside]}
`

// crew is a group of people of one identity provider.
type crew struct {
	group string
	n     int
}

// writeAccess writes the file of the estate, and the exports that it names.
func writeAccess(dir string, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 0xacce55))
	entra, okta := &directory{r: r, domain: "meridian.example"}, &directory{r: r, domain: "lakeside.example"}
	entra.add("olga.ferreira", "Olga Ferreira", "phishing_resistant", "Service Desk")
	okta.add("dana.whitlock", "Dana Whitlock", "push", "Lakeside IT")
	for _, c := range []crew{{"Clinicians", 40}, {"Billing", 12}, {"Data Engineering", 6}, {"Service Desk", 5}, {"Integration Team", 9}} {
		entra.hire(c, "push")
	}
	for _, c := range []crew{{"Clinic Staff", 24}, {"Revenue Cycle", 8}, {"Lakeside IT", 2}} {
		okta.hire(c, "sms")
	}
	for name, text := range map[string]string{
		EstateFile:                  estateYAML,
		"access/entra_users.csv":    entra.users(),
		"access/okta_users.csv":     okta.users(),
		"access/entra_groups.csv":   entra.groups(),
		"access/okta_groups.csv":    okta.groups(),
		"access/lakeside_local.csv": "login,display name,mfa,status,last login,shared\narchiveadmin,Archive administrator,none,active,2025-02-27,yes\n",
		"access/services.csv":       "id,display name,enabled,last used,owner\nsvc-etl-migration,Migration ETL,yes,2025-12-30,olga.ferreira@meridian.example\n",
		"access/apps.csv": "app,vendor,scopes,granted by,repository,last used,expires\n" +
			"Harbor sync token,Harbor Archive,files.read.all,lakeside-local#archiveadmin,harbor,2025-12-29,\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// directory is the accounts of one identity provider.
type directory struct {
	r      *rand.Rand
	domain string
	rows   []string
	member []string
	taken  map[string]bool
}

func (d *directory) add(login, name, mfa, group string) {
	if d.taken == nil {
		d.taken = map[string]bool{}
	}
	d.taken[login] = true
	id := login + "@" + d.domain
	d.rows = append(d.rows, fmt.Sprintf("%s,%s,%s,active,2025-12-%02d\n", id, name, mfa, 1+d.r.IntN(30)))
	d.member = append(d.member, fmt.Sprintf("%s,%s,user\n", group, id))
}

// hire adds the people of a group.
func (d *directory) hire(c crew, mfa string) {
	for n := 0; n < c.n; {
		given, family := givenFemale[d.r.IntN(len(givenFemale))], families[d.r.IntN(len(families))]
		if d.r.IntN(2) == 0 {
			given = givenMale[d.r.IntN(len(givenMale))]
		}
		login := strings.ToLower(given + "." + family)
		if d.taken[login] || strings.ContainsFunc(login, func(c rune) bool { return c > 'z' || c == '\'' }) {
			continue
		}
		d.add(login, given+" "+family, mfa, c.group)
		n++
	}
}

func (d *directory) users() string {
	return "login,display name,mfa,status,last login\n" + strings.Join(d.rows, "")
}

func (d *directory) groups() string { return "group,member,member type\n" + strings.Join(d.member, "") }
