package hl7v2

import "github.com/chartroom/chartroom/phi"

// segment is a segment of the standard.
type segment struct {
	id      string
	chapter string // of HL7 v2.9
	last    uint16 // number of its last field in v2.9; what stands behind is no position of the standard
	who     who    // whom its fields are about where they do not say otherwise
	fields  []field
}

// field is a field that holds something of interest. The fields of a segment that are not listed hold coded, numeric
// or technical values, or the names and numbers of organisations.
type field struct {
	n      uint16
	t      dataType
	name   string
	kind   phi.Kind // of types that leave the kind to the field
	who    who
	part   phi.Part   // of types that leave the part to the field
	system phi.System // of codes without a named system
	void   string     // of status fields: the values that make the segment's codes not count, between blanks
	shaped bool       // a code without a named system is ICD where it looks like it
}

// who says whom a field is about.
type who uint8

const (
	unsaid   who = iota // as the segment says
	patient             // the record's own person
	relative            // a relative, guarantor, insured person, employer or contact: a patient in the sense of the rule, but another one
	provider
	organisation
	workforce
)

// segments is the table of positions, by chapters of the standard.
var segments = [][]segment{controlSegments, patientSegments, financeSegments, orderSegments, observationSegments, careSegments, staffSegments}

// controlSegments are of chapters 2 and 5: what holds a message together, and queries.
var controlSegments = []segment{
	{"MSH", "2", 28, organisation, nil},
	{"FHS", "2", 14, organisation, []field{{n: 10, t: text, name: "File Header Comment"}}},
	{"BHS", "2", 14, organisation, []field{{n: 10, t: text, name: "Batch Comment"}}},
	{"BTS", "2", 3, organisation, []field{{n: 2, t: text, name: "Batch Comment"}}},
	{"FTS", "2", 2, organisation, []field{{n: 2, t: text, name: "File Trailer Comment"}}},
	{"ADD", "2", 1, patient, []field{{n: 1, t: text, name: "Addendum Continuation Pointer"}}},
	{"DSC", "2", 2, organisation, nil},
	{"SFT", "2", 10, organisation, nil},
	{"SGH", "2", 2, organisation, nil},
	{"SGT", "2", 2, organisation, nil},
	{"ARV", "3", 10, patient, nil},
	{"UAC", "2", 2, organisation, nil},
	{"MSA", "2", 8, patient, []field{{n: 3, t: text, name: "Text Message"}}},
	{"ERR", "2", 12, patient, []field{
		{n: 6, t: text, name: "Application Error Parameter"},
		{n: 7, t: text, name: "Diagnostic Information"},
		{n: 8, t: text, name: "User Message"},
		{n: 12, t: xtn, name: "Help Desk Contact Point", who: organisation},
	}},
	{"NTE", "2", 9, patient, []field{
		{n: 3, t: text, name: "Comment"},
		{n: 5, t: xcn, name: "Entered By", who: provider},
		{n: 6, t: dtm, name: "Entered Date/Time", kind: phi.Date},
		{n: 7, t: dtm, name: "Effective Start Date", kind: phi.Date},
		{n: 8, t: dtm, name: "Expiration Date", kind: phi.Date},
		{n: 9, t: cwe, name: "Coded Comment"},
	}},
	{"QRD", "5", 12, patient, []field{
		{n: 8, t: xcn, name: "Who Subject Filter", kind: phi.MRN},
	}},
	{"QRF", "5", 10, patient, []field{
		{n: 2, t: dtm, name: "When Data Start Date/Time", kind: phi.Date},
		{n: 3, t: dtm, name: "When Data End Date/Time", kind: phi.Date},
		{n: 5, t: text, name: "Other QRY Subject Filter"},
	}},
	{"QPD", "5", 2, patient, []field{
		{n: 3, t: qip, name: "User Parameters", kind: phi.MRN}, // a person's number, or positions and their values; more follow by the query
	}},
	{"QID", "5", 2, organisation, nil},
	{"QAK", "5", 6, organisation, nil},
	{"RCP", "5", 7, organisation, nil},
	{"DSP", "5", 5, patient, []field{{n: 3, t: text, name: "Data Line"}}},
	{"MFI", "8", 6, organisation, nil},
	{"MFE", "8", 7, organisation, nil},
	{"MFA", "8", 6, organisation, nil},
	{"NCK", "14", 1, organisation, nil},
	{"NST", "14", 15, organisation, nil},
	{"NSC", "14", 9, organisation, nil},
	{"EQU", "13", 5, organisation, nil},
	{"ISD", "13", 3, organisation, nil},
	{"INV", "13", 20, organisation, nil},
	{"ECD", "13", 5, organisation, nil},
	{"ECR", "13", 3, organisation, nil},
	{"EQP", "13", 5, organisation, nil},
	{"NDS", "13", 4, organisation, nil},
	{"SID", "13", 4, organisation, nil},
	{"TCC", "13", 14, organisation, nil},
	{"TCD", "13", 8, organisation, nil},
	{"ITM", "17", 31, organisation, nil},
	{"IVT", "17", 26, organisation, nil},
	{"ILT", "17", 10, organisation, nil},
	{"PKG", "17", 7, organisation, nil},
	{"VND", "17", 3, organisation, nil},
	{"PCE", "17", 4, organisation, nil},
	{"ROL", "15", 15, provider, []field{
		{n: 4, t: xcn, name: "Role Person"},
		{n: 5, t: dtm, name: "Role Begin Date/Time", kind: phi.Date},
		{n: 6, t: dtm, name: "Role End Date/Time", kind: phi.Date},
		{n: 11, t: xad, name: "Office/Home Address/Birthplace"},
		{n: 12, t: xtn, name: "Phone"},
	}},
	{"PRT", "7", 26, provider, []field{
		{n: 5, t: xcn, name: "Participation Person"},
		{n: 10, t: ei, name: "Participation Device", kind: phi.Device, who: patient},
		{n: 11, t: dtm, name: "Participation Begin Date/Time", kind: phi.Date, who: patient},
		{n: 12, t: dtm, name: "Participation End Date/Time", kind: phi.Date, who: patient},
		{n: 14, t: xad, name: "Participant Address"},
		{n: 15, t: xtn, name: "Participant Telecommunication Address"},
		{n: 16, t: ei, name: "Participant Device Identifier", kind: phi.Device, who: patient},
		{n: 20, t: st, name: "Participant Device Serial Number", kind: phi.Device, who: patient},
		{n: 21, t: ei, name: "Participant Device Donation Identification", kind: phi.OtherID, who: patient},
	}},
}

// historyQuery is QPD where it asks for a person's immunisations (queries Z34 and Z44 of the CDC's HL7 v2.5.1
// implementation guide, the commonest query of US registries).
var historyQuery = segment{"QPD", "5", 12, patient, []field{
	{n: 3, t: cx, name: "Patient List", kind: phi.MRN},
	{n: 4, t: xpn, name: "Patient Name"},
	{n: 5, t: xpn, name: "Mother's Maiden Name", who: relative},
	{n: 6, t: dtm, name: "Patient Date of Birth", kind: phi.DateOfBirth},
	{n: 7, t: st, name: "Patient Sex", part: phi.PartSex},
	{n: 8, t: xad, name: "Patient Address"},
	{n: 9, t: xtn, name: "Patient Home Phone"},
}}

// patientSegments are of chapter 3, Patient Administration.
var patientSegments = []segment{
	{"EVN", "3", 7, patient, []field{
		{n: 2, t: dtm, name: "Recorded Date/Time", kind: phi.Date},
		{n: 3, t: dtm, name: "Date/Time Planned Event", kind: phi.Date},
		{n: 5, t: xcn, name: "Operator ID", who: provider},
		{n: 6, t: dtm, name: "Event Occurred", kind: phi.Date},
	}},
	{"PID", "3", 40, patient, []field{
		{n: 2, t: cx, name: "Patient ID", kind: phi.MRN},
		{n: 3, t: cx, name: "Patient Identifier List", kind: phi.MRN},
		{n: 4, t: cx, name: "Alternate Patient ID", kind: phi.MRN},
		{n: 5, t: xpn, name: "Patient Name"},
		{n: 6, t: xpn, name: "Mother's Maiden Name", who: relative},
		{n: 7, t: dtm, name: "Date/Time of Birth", kind: phi.DateOfBirth},
		{n: 8, t: st, name: "Administrative Sex", part: phi.PartSex},
		{n: 9, t: xpn, name: "Patient Alias"},
		{n: 11, t: xad, name: "Patient Address"},
		{n: 12, t: st, name: "County Code", kind: phi.Address, part: phi.PartCounty},
		{n: 13, t: xtn, name: "Phone Number - Home"},
		{n: 14, t: xtn, name: "Phone Number - Business"},
		{n: 18, t: cx, name: "Patient Account Number", kind: phi.Account},
		{n: 19, t: st, name: "SSN Number", kind: phi.SSN},
		{n: 20, t: dln, name: "Driver's License Number"},
		{n: 21, t: cx, name: "Mother's Identifier", kind: phi.MRN, who: relative},
		{n: 23, t: st, name: "Birth Place", kind: phi.Address},
		{n: 29, t: dtm, name: "Patient Death Date and Time", kind: phi.Date, part: phi.PartDeath},
		{n: 33, t: dtm, name: "Last Update Date/Time", kind: phi.Date},
		{n: 40, t: xtn, name: "Patient Telecommunication Information"},
	}},
	{"PD1", "3", 23, patient, []field{
		{n: 4, t: xcn, name: "Patient Primary Care Provider", who: provider},
		{n: 10, t: cx, name: "Duplicate Patient", kind: phi.MRN},
		{n: 13, t: dtm, name: "Protection Indicator Effective Date", kind: phi.Date},
		{n: 17, t: dtm, name: "Immunization Registry Status Effective Date", kind: phi.Date},
		{n: 18, t: dtm, name: "Publicity Code Effective Date", kind: phi.Date},
		{n: 22, t: dtm, name: "Advance Directive Last Verified Date", kind: phi.Date},
		{n: 23, t: dtm, name: "Retirement Date", kind: phi.Date},
	}},
	{"NK1", "3", 41, relative, []field{
		{n: 2, t: xpn, name: "Name"},
		{n: 4, t: xad, name: "Address"},
		{n: 5, t: xtn, name: "Phone Number"},
		{n: 6, t: xtn, name: "Business Phone Number"},
		{n: 8, t: dtm, name: "Start Date", kind: phi.Date},
		{n: 9, t: dtm, name: "End Date", kind: phi.Date},
		{n: 12, t: cx, name: "Next of Kin Employee Number", kind: phi.OtherID},
		{n: 16, t: dtm, name: "Date/Time of Birth", kind: phi.DateOfBirth},
		{n: 26, t: xpn, name: "Mother's Maiden Name"},
		{n: 30, t: xpn, name: "Contact Person's Name"},
		{n: 31, t: xtn, name: "Contact Person's Telephone Number"},
		{n: 32, t: xad, name: "Contact Person's Address"},
		{n: 33, t: cx, name: "Next of Kin's Identifiers", kind: phi.MRN},
		{n: 37, t: st, name: "Contact Person Social Security Number", kind: phi.SSN},
		{n: 38, t: st, name: "Next of Kin Birth Place", kind: phi.Address},
		{n: 40, t: xtn, name: "Next of Kin Telecommunication Information"},
		{n: 41, t: xtn, name: "Contact Person's Telecommunication Information"},
	}},
	{"PV1", "3", 54, patient, []field{
		{n: 5, t: cx, name: "Preadmit Number", kind: phi.Account},
		{n: 7, t: xcn, name: "Attending Doctor", who: provider},
		{n: 8, t: xcn, name: "Referring Doctor", who: provider},
		{n: 9, t: xcn, name: "Consulting Doctor", who: provider},
		{n: 17, t: xcn, name: "Admitting Doctor", who: provider},
		{n: 19, t: cx, name: "Visit Number", kind: phi.Account},
		{n: 20, t: fc, name: "Financial Class"},
		{n: 25, t: dtm, name: "Contract Effective Date", kind: phi.Date},
		{n: 30, t: dtm, name: "Transfer to Bad Debt Date", kind: phi.Date},
		{n: 35, t: dtm, name: "Delete Account Date", kind: phi.Date},
		{n: 37, t: dld, name: "Discharged to Location"},
		{n: 44, t: dtm, name: "Admit Date/Time", kind: phi.Date},
		{n: 45, t: dtm, name: "Discharge Date/Time", kind: phi.Date},
		{n: 50, t: cx, name: "Alternate Visit ID", kind: phi.Account},
		{n: 52, t: xcn, name: "Other Healthcare Provider", who: provider},
		{n: 53, t: text, name: "Service Episode Description"},
		{n: 54, t: cx, name: "Service Episode Identifier", kind: phi.Account},
	}},
	{"PV2", "3", 50, patient, []field{
		{n: 3, t: cwe, name: "Admit Reason"},
		{n: 5, t: text, name: "Patient Valuables"},
		{n: 8, t: dtm, name: "Expected Admit Date/Time", kind: phi.Date},
		{n: 9, t: dtm, name: "Expected Discharge Date/Time", kind: phi.Date},
		{n: 12, t: text, name: "Visit Description"},
		{n: 13, t: xcn, name: "Referral Source Code", who: provider},
		{n: 14, t: dtm, name: "Previous Service Date", kind: phi.Date},
		{n: 17, t: dtm, name: "Purge Status Date", kind: phi.Date},
		{n: 26, t: dtm, name: "Previous Treatment Date", kind: phi.Date},
		{n: 28, t: dtm, name: "Signature on File Date", kind: phi.Date},
		{n: 29, t: dtm, name: "First Similar Illness Date", kind: phi.Date},
		{n: 33, t: dtm, name: "Expected Surgery Date and Time", kind: phi.Date},
		{n: 39, t: cwe, name: "Recreational Drug Use Code"},
		{n: 46, t: dtm, name: "Patient Status Effective Date", kind: phi.Date},
		{n: 47, t: dtm, name: "Expected LOA Return Date/Time", kind: phi.Date},
		{n: 48, t: dtm, name: "Expected Pre-admission Testing Date/Time", kind: phi.Date},
		{n: 50, t: dtm, name: "Advance Directive Last Verified Date", kind: phi.Date},
	}},
	{"MRG", "3", 7, patient, []field{
		{n: 1, t: cx, name: "Prior Patient Identifier List", kind: phi.MRN},
		{n: 2, t: cx, name: "Prior Alternate Patient ID", kind: phi.MRN},
		{n: 3, t: cx, name: "Prior Patient Account Number", kind: phi.Account},
		{n: 4, t: cx, name: "Prior Patient ID", kind: phi.MRN},
		{n: 5, t: cx, name: "Prior Visit Number", kind: phi.Account},
		{n: 6, t: cx, name: "Prior Alternate Visit ID", kind: phi.Account},
		{n: 7, t: xpn, name: "Prior Patient Name"},
	}},
	{"AL1", "3", 6, patient, []field{
		{n: 3, t: cwe, name: "Allergen Code/Mnemonic/Description"},
		{n: 5, t: text, name: "Allergy Reaction Code"},
		{n: 6, t: dtm, name: "Identification Date", kind: phi.Date},
	}},
	{"IAM", "3", 30, patient, []field{
		{n: 3, t: cwe, name: "Allergen Code/Mnemonic/Description"},
		{n: 5, t: text, name: "Allergy Reaction Code"},
		{n: 6, t: status, name: "Allergy Action Code", void: " D "},
		{n: 7, t: ei, name: "Allergy Unique Identifier", kind: phi.OtherID},
		{n: 8, t: text, name: "Action Reason"},
		{n: 10, t: cwe, name: "Allergen Group Code"},
		{n: 11, t: dtm, name: "Onset Date", kind: phi.Date},
		{n: 12, t: text, name: "Onset Date Text"},
		{n: 13, t: dtm, name: "Reported Date/Time", kind: phi.Date},
		{n: 14, t: xpn, name: "Reported By", who: relative},
		{n: 17, t: status, name: "Allergy Clinical Status Code", void: " E "},
		{n: 18, t: xcn, name: "Statused by Person", who: provider},
		{n: 20, t: dtm, name: "Statused at Date/Time", kind: phi.Date},
		{n: 21, t: xcn, name: "Inactivated by Person", who: provider},
		{n: 22, t: dtm, name: "Inactivated Date/Time", kind: phi.Date},
		{n: 23, t: xcn, name: "Initially Recorded by Person", who: provider},
		{n: 24, t: dtm, name: "Initially Recorded Date/Time", kind: phi.Date},
		{n: 25, t: xcn, name: "Modified by Person", who: provider},
		{n: 26, t: dtm, name: "Modified Date/Time", kind: phi.Date},
		{n: 27, t: cwe, name: "Clinician Identified Code"},
	}},
	{"IAR", "3", 4, patient, []field{{n: 1, t: cwe, name: "Allergy Reaction Code"}, {n: 4, t: text, name: "Management"}}},
	{"DB1", "3", 8, patient, []field{
		{n: 3, t: cx, name: "Disabled Person Identifier", kind: phi.MRN},
		{n: 5, t: dtm, name: "Disability Start Date", kind: phi.Date},
		{n: 6, t: dtm, name: "Disability End Date", kind: phi.Date},
		{n: 7, t: dtm, name: "Disability Return to Work Date", kind: phi.Date},
		{n: 8, t: dtm, name: "Disability Unable to Work Date", kind: phi.Date},
	}},
	{"PDA", "3", 9, patient, []field{
		{n: 1, t: cwe, name: "Death Cause Code"},
		{n: 4, t: dtm, name: "Death Certificate Signed Date/Time", kind: phi.Date},
		{n: 5, t: xcn, name: "Death Certified By", who: provider},
		{n: 7, t: dr, name: "Autopsy Start and End Date/Time"},
		{n: 8, t: xcn, name: "Autopsy Performed By", who: provider},
	}},
	{"NPU", "3", 2, organisation, nil},
	{"OH1", "3", 7, patient, []field{
		{n: 4, t: dtm, name: "Employment Status Start Date", kind: phi.Date},
		{n: 5, t: dtm, name: "Employment Status End Date", kind: phi.Date},
		{n: 6, t: dtm, name: "Entered Date", kind: phi.Date},
		{n: 7, t: ei, name: "Employment Status Unique Identifier", kind: phi.OtherID},
	}},
	{"OH2", "3", 18, patient, []field{
		{n: 3, t: dtm, name: "Entered Date", kind: phi.Date},
		{n: 7, t: dtm, name: "Job Start Date", kind: phi.Date},
		{n: 8, t: dtm, name: "Job End Date", kind: phi.Date},
		{n: 13, t: xad, name: "Employer Address", who: relative},
		{n: 15, t: text, name: "Job Duties"},
		{n: 16, t: text, name: "Occupational Hazards"},
		{n: 17, t: ei, name: "Job Unique Identifier", kind: phi.OtherID},
	}},
	{"OH3", "3", 8, patient, []field{
		{n: 7, t: dtm, name: "Entered Date", kind: phi.Date},
		{n: 8, t: ei, name: "Work Unique Identifier", kind: phi.OtherID},
	}},
	{"OH4", "3", 6, patient, []field{
		{n: 3, t: dtm, name: "Combat Zone Start Date", kind: phi.Date},
		{n: 4, t: dtm, name: "Combat Zone End Date", kind: phi.Date},
		{n: 5, t: dtm, name: "Entered Date", kind: phi.Date},
		{n: 6, t: ei, name: "Combat Zone Unique Identifier", kind: phi.OtherID},
	}},
	{"OVR", "3", 5, patient, []field{
		{n: 3, t: text, name: "Override Comments"},
		{n: 4, t: xcn, name: "Override Entered By", who: workforce},
		{n: 5, t: xcn, name: "Override Authorized By", who: workforce},
	}},
}
