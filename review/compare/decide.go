package compare

import (
	"fmt"
	"strings"
)

// decide settles the dispute by all rows together. No measure outweighs another: one side is safer only where it is better in something and
// worse in nothing, and what is not known could be either.
func (c *Comparison) decide() {
	titles := map[Verdict][]string{}
	for i := range c.Rows {
		titles[c.Rows[i].Verdict] = append(titles[c.Rows[i].Verdict], lower(c.Rows[i].Title))
	}
	better, worse, open := titles[Better], titles[Worse], titles[NotKnown]
	c.Decided = len(better) > 0 && len(worse) > 0 || len(open) == 0
	if c.sameCustodian() {
		c.Decision = c.ofTime(better, worse, open)
	} else {
		c.Decision = c.ofSize(better, worse, open)
	}
	switch {
	case c.Decided:
	case len(c.Settle) == 0:
		c.Decision += " The bounds overlap; a survey of all in place of a sample would narrow them."
	default:
		c.Decision += " What would settle it: " + several(c.Settle) + "."
	}
}

// ofTime says whether a custodian is safer than before.
func (c *Comparison) ofTime(better, worse, open []string) string {
	judged, against := c.names()
	beside := judged + " beside " + against
	switch {
	case len(better) > 0 && len(worse) > 0:
		return fmt.Sprintf("Neither safer nor less safe: %s is better in %s, and worse in %s.", beside, listed(better), listed(worse))
	case len(open) > 0:
		return fmt.Sprintf("Whether it is safer than before cannot be decided: %s.%s", unknown(open), soFar(beside, better, worse))
	case len(better) > 0:
		return fmt.Sprintf("Safer than before: %s is better in %s, and worse in nothing.", beside, listed(better))
	case len(worse) > 0:
		return fmt.Sprintf("Less safe than before: %s is worse in %s, and better in nothing.", beside, listed(worse))
	}
	return "As safe as before: " + beside + " is equal in every measure."
}

// ofSize decides between "the big acquirer is safer" and "it bought scale and not maturity".
func (c *Comparison) ofSize(better, worse, open []string) string {
	big, small := c.Judged, c.Against
	if c.Against.People.Estimate > c.Judged.People.Estimate {
		big, small, better, worse = c.Against, c.Judged, worse, better
	}
	size := fmt.Sprintf("%s is the bigger one, with %s people against %s", big.Custodian, Thousands(big.People.Estimate), Thousands(small.People.Estimate))
	beside := big.Custodian + " beside " + small.Custodian
	switch {
	case len(better) > 0 && len(worse) > 0:
		return fmt.Sprintf("%s. That it is the safer one does not hold: it is worse in %s. That it bought no maturity does not hold, either: it is better in %s.", size, listed(worse), listed(better))
	case len(open) > 0:
		return fmt.Sprintf("Whether %s is the safer one or only the bigger one cannot be decided: %s.%s", big.Custodian, unknown(open), soFar(beside, better, worse))
	case len(better) > 0:
		return fmt.Sprintf("%s, and the safer one: better in %s, and worse in nothing.", size, listed(better))
	case len(worse) > 0:
		return fmt.Sprintf("%s, and not the safer one: it bought scale and not maturity. It is worse in %s, and better in nothing.", size, listed(worse))
	}
	return size + ", and neither the safer nor the less safe one: they are equal in every measure. Size bought no maturity, and cost none."
}

func unknown(open []string) string {
	return fmt.Sprintf("not known is %s", listed(open))
}

func soFar(who string, better, worse []string) string {
	switch {
	case len(better) > 0:
		return fmt.Sprintf(" So far %s is better in %s, and worse in nothing.", who, listed(better))
	case len(worse) > 0:
		return fmt.Sprintf(" So far %s is worse in %s, and better in nothing.", who, listed(worse))
	}
	return ""
}

// listed joins titles as prose does.
func listed(titles []string) string {
	if len(titles) < 2 {
		return strings.Join(titles, "")
	}
	return strings.Join(titles[:len(titles)-1], ", ") + " and " + titles[len(titles)-1]
}

// lower begins a title in small letters, but for abbreviations.
func lower(title string) string {
	if len(title) > 1 && title[1] >= 'a' && title[1] <= 'z' {
		return strings.ToLower(title[:1]) + title[1:]
	}
	return title
}
