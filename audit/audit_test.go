package audit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/audit"
)

// The table of permissions, written out a second time: a change of one side alone must fail.
func TestPermitFollowsTheTable(t *testing.T) {
	need := map[audit.Action]audit.Role{
		audit.ReadMap: audit.Viewer, audit.ReadRuns: audit.Viewer,
		audit.ReadItems: audit.Analyst, audit.ReadFields: audit.Analyst, audit.ReadGaps: audit.Analyst,
		audit.ReadDiff: audit.Analyst, audit.ReadGrants: audit.Analyst,
		audit.ReadAudit: audit.PrivacyOfficer, audit.ReadCase: audit.PrivacyOfficer, audit.WriteCase: audit.PrivacyOfficer,
		audit.Survey: audit.Admin, audit.Check: audit.Admin, audit.Keep: audit.Admin,
		audit.OwnAccount: audit.Viewer, audit.TestClaim: audit.PrivacyOfficer, audit.KeepAccounts: audit.Admin,
	}
	if len(need) != len(audit.Actions()) {
		t.Fatalf("the test knows %d actions, the package has %d", len(need), len(audit.Actions()))
	}
	for _, a := range audit.Actions() {
		for r := audit.NoRole; r <= audit.Admin; r++ {
			err := audit.Caller{Name: "Ada", Role: r}.Permit(a)
			if allowed := err == nil; allowed != (r >= need[a] && r != audit.NoRole) {
				t.Errorf("%s as %s: %v", a, r, err)
			}
			if err != nil && !errors.Is(err, audit.ErrDenied) {
				t.Errorf("%s as %s: %v is not ErrDenied", a, r, err)
			}
		}
	}
}

func TestNobodyIsRefusedEverything(t *testing.T) {
	for _, a := range audit.Actions() {
		if err := (audit.Caller{}).Permit(a); !errors.Is(err, audit.ErrNobody) {
			t.Errorf("%s by nobody: %v", a, err)
		}
		if err := (audit.Caller{Role: audit.Admin}).Permit(a); !errors.Is(err, audit.ErrNobody) {
			t.Errorf("%s by a nameless admin: %v", a, err)
		}
	}
}

func TestUnknownActionsAndRolesAreRefused(t *testing.T) {
	if err := (audit.Caller{Name: "Ada", Role: audit.Admin}).Permit("walk through walls"); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("an unknown action: %v", err)
	}
	if err := (audit.Caller{Name: "Ada", Role: audit.Admin + 1}).Permit(audit.ReadMap); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("an unknown role: %v", err)
	}
}

func TestARefusalSaysWhichRoleWouldDo(t *testing.T) {
	err := audit.Caller{Name: "Ada", Role: audit.Viewer}.Permit(audit.ReadFields)
	if err == nil || !strings.Contains(err.Error(), "at least analyst") {
		t.Errorf("got %v", err)
	}
}

func TestRoleNamesAreReadBack(t *testing.T) {
	for r := audit.Viewer; r <= audit.Admin; r++ {
		if got, err := audit.ParseRole(r.String()); err != nil || got != r {
			t.Errorf("%s is read as %s, %v", r, got, err)
		}
	}
	for _, name := range []string{"", "none", "root"} {
		if r, err := audit.ParseRole(name); err == nil {
			t.Errorf("%q is read as %s", name, r)
		}
	}
}

func TestLocalUserIsAdmin(t *testing.T) {
	if c := audit.Local(); c.Name == "" || c.Role != audit.Admin {
		t.Errorf("got %+v", c)
	}
}
