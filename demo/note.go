package demo

import "fmt"

// The sentences of notes. Some carry names of diseases, devices and places that are nobody's name.
var (
	complaints = split(`presents today for follow-up and states that symptoms have been stable since the last visit|
		returns with intermittent symptoms over the past three weeks, worse in the evening|
		was seen urgently after calling the nurse line twice this week|
		comes in with a family member and reports poor sleep and low energy|
		is here to review laboratory results and to renew prescriptions`)
	histories = split(`Past history includes appendectomy, a negative Babinski sign on earlier examination, and Bell palsy that resolved.
		No known drug allergies. Does not smoke; drinks coffee daily.|
		History is notable for Hashimoto thyroiditis and a remote Colles fracture. Family history of Parkinson disease in a
		grandparent. Immunizations are current, including Tdap and influenza.|
		Reviewed outside records from Good Samaritan Hospital. A Foley catheter was placed and removed during that stay
		without complication. Diet is mostly home-cooked, exercise two or three times a week.|
		Surgical history of laparoscopic cholecystectomy. Medications reconciled: lisinopril 10 mg daily, metformin 500 mg
		twice daily, and acetaminophen as needed.`)
	examinations = split(`Vitals: BP 128/76, pulse 72, temp 98.4 F, SpO2 98% on room air. Lungs clear. Heart regular, no murmur.
		Abdomen soft. Extremities without edema. Romberg negative.|
		Alert and oriented, in no distress. BP 142/88, repeat 136/84. Weight 81.4 kg, BMI 27.9. McMurray and Lachman
		tests negative. Skin warm and dry.|
		Affect congruent, speech fluent. BP 118/70. HEENT unremarkable. Reflexes 2+ and symmetric. Gait steady.`)
	plans = split(`Continue current treatment. Order CBC, CMP and hemoglobin A1c (LOINC 4548-4). Return in 3 months or sooner if worse.|
		Increase dose as discussed, recheck potassium in 10 days. Provided written instructions. Return in 6 weeks.|
		Referred to physical therapy, 8 sessions. Discussed red flags. Next visit by video.|
		Supportive care, fluids and rest. Call if fever exceeds 101.5 F or lasts more than 48 hours.`)
)

// AppendNote writes a progress note of about 1 KB about the person's k-th visit to Meridian.
func AppendNote(b []byte, p *Person, k int) []byte { return progressNote(b, p, k, p.MRN) }

func progressNote(b []byte, p *Person, k int, number string) []byte {
	c := &p.Conditions[k%len(p.Conditions)]
	n := p.Index*31 + k
	day := visit(p, k, asOf)
	b = fmt.Appendf(b, "PROGRESS NOTE\nPatient: %s, %s %s    MRN: %s    DOB: %s    Sex: %c\nDate of service: %s    Department: %s\n\n",
		p.Family, p.Given, p.Middle, number, p.Birth.Format(usDate), p.Sex, day.Format(usDate), departments[n%len(departments)])
	b = fmt.Appendf(b, "SUBJECTIVE\n%s %s %s. %s\n\n", title(p), p.Family, pick(complaints, n), pick(histories, n+1))
	b = fmt.Appendf(b, "OBJECTIVE\n%s\n\nASSESSMENT\n%s (%s). %s\n\nPLAN\n%s ", pick(examinations, n), c.Display, c.ICD10,
		"Findings and options were discussed; questions answered.", pick(plans, n))
	b = fmt.Appendf(b, "Reached at %s on weekdays. Lives at %s, %s, %s %s. Portal messages go to %s.\n\n",
		p.Phone, p.Street, p.City, p.State, p.ZIP, p.Email)
	return fmt.Appendf(b, "Electronically signed by %s %s, MD on %s\n\n",
		givenMale[(n*5)%40], families[(n*3)%40], day.Format("01/02/2006 15:04"))
}

func pick(from []string, n int) string { return from[n%len(from)] }

func title(p *Person) string {
	switch {
	case p.Minor():
		return p.Given
	case p.Sex == 'F':
		return "Ms."
	}
	return "Mr."
}

// noteHead begins a note of the archive: the person by name, chart, birth and home.
func noteHead(b []byte, heading string, p *Person, k int) []byte {
	return fmt.Appendf(b, "%s\nClient: %s %s\nChart: %s\nDOB: %s\nSSN: %s\nAddress: %s, %s, %s %s\nDate: %s\n\n",
		heading, p.Given, p.Family, p.Chart, p.Birth.Format(usDate), p.SSN, p.Street, p.City, p.State, p.ZIP,
		visit(p, k, archived).Format(longDate))
}

func behaviouralNote(b []byte, p *Person, c *Condition) []byte {
	b = noteHead(b, "LAKESIDE BEHAVIORAL HEALTH - INTAKE AND TREATMENT NOTE", p, 1)
	return fmt.Appendf(b, "Diagnosis: %s %s\n\n%s %s attended individually. Mood described as low, with early waking and poor "+
		"concentration. Denies suicidal ideation at this time. Sertraline 50 mg daily tolerated. PHQ-9 score 14, GAD-7 score 11.\n"+
		"Plan: weekly sessions, safety plan reviewed, next appointment in 7 days. Emergency contact reached at %s.\n",
		c.ICD10, c.Display, title(p), p.Family, p.Phone)
}

func psychotherapyNote(b []byte, p *Person) []byte {
	b = noteHead(b, "PSYCHOTHERAPY NOTES (45 CFR 164.501) - KEPT SEPARATE FROM THE MEDICAL RECORD", p, 2)
	return fmt.Appendf(b, "Session 11, 50 minutes. %s spoke about the estrangement from a sibling and a recurrent dream of flooding. "+
		"Transference was explored; the therapist's hypothesis is unresolved grief. Affect tearful, then calm.\n"+
		"Impressions are for the therapist's use only. Not to be released without specific authorization.\n", p.Given)
}

func counsellingNote(b []byte, p *Person, c *Condition) []byte {
	b = noteHead(b, "OPIOID TREATMENT PROGRAM - COUNSELING NOTE\nThis record is protected by 42 CFR Part 2.", p, 3)
	return fmt.Appendf(b, "Dx %s %s. Client attends dosing daily, methadone maintenance 80 mg, take-home level 2. "+
		"Urine drug screen negative for fentanyl. Relapse prevention and recovery goals reviewed; sponsor contacted.\n"+
		"Billing: %s, place of service %s.\n", c.ICD10, c.Display, c.Service, c.Place)
}

func abuseNote(b []byte, p *Person, c *Condition) []byte {
	b = noteHead(b, "SOCIAL WORK - CONFIDENTIAL REFERRAL", p, 4)
	return fmt.Appendf(b, "Reason: %s %s. Client disclosed domestic violence by a partner, photographs taken with consent, "+
		"shelter placement arranged. Do not call home. Safe number %s after 6 pm only.\n", c.ICD10, c.Display, p.Phone)
}
