package fhir

import "strings"

// shape is how an object is read: FHIR's data types, as far as they differ in what they hold of a person.
type shape uint8

const (
	generic    shape = iota // a backbone element, CodeableConcept, Reference or Coding: its members tell
	foreign                 // JSON around the resources
	passed                  // quantities and the like: holds nothing of a person
	resource                // a resource, or any object that may be one
	humanName               // HumanName
	address                 // Address
	contact                 // ContactPoint
	identifier              // Identifier
	coding                  // Coding
	attachment              // Attachment
	narrative               // Narrative
	annotation              // Annotation
	extension               // Extension
	meta                    // Meta
	age                     // Age
)

// slot is who a reference may point at, for references that do not say so themselves.
type slot uint8

const (
	noSlot       slot = iota
	patientSlot       // the patient whom the resource is about
	providerSlot      // a practitioner
	anySlot           // persons and others
	thingSlot         // no person
)

// words makes a set of the words in a text.
func words[T any](value T, lists ...string) map[string]T {
	m := make(map[string]T)
	for _, list := range lists {
		for _, w := range strings.Fields(list) {
			m[w] = value
		}
	}
	return m
}

func union[T any](sets ...map[string]T) map[string]T {
	all := make(map[string]T)
	for _, s := range sets {
		for k, v := range s {
			all[k] = v
		}
	}
	return all
}

// shapes are the elements that hold an object of a telling type, by the name that they have in every resource.
var shapes = union(
	words(humanName, `name`),
	words(address, `address`),
	words(contact, `telecom`),
	words(identifier, `identifier accession bin biologicalSourceEvent paymentRef predecessor requisition traceNumber userId
		masterIdentifier groupIdentifier accessionIdentifier claimIdentifier preAdmissionIdentifier setIdentifier
		subscriberId`),
	words(coding, `coding`),
	words(attachment, `attachment form formatted image photo presentedForm`),
	words(narrative, `text`),
	words(annotation, `dispenserInstruction note notes progress`),
	words(extension, `extension modifierExtension`),
	words(meta, `meta`),
	words(resource, `resource contained`),
	words(passed, `adjustment amount caloricDensity capacity cycle dailyAmount dataRequirement daysSupply denominator
		dispenseInterval documentation duration expression fee high highNumerator length low lowNumerator
		maxDosePerAdministration maxDosePerLifetime maxDosePerPeriod maxVolumeToDeliver measureScore measurementFrequency net
		netContent numerator patientPaid paymentAdjustment paymentAmount priceOverride quantity rate relatedArtifact
		returnedAmount score storageTempRequirements strength tax tenderedAmount totalBenefit totalCost totalGross totalNet
		totalPriceComponent totalVolume unallocDeductable unitPrice unitPriceComponent useContext valueContributor valueCount
		valueDataRequirement valueDistance valueExpression valueParameterDefinition valueRelatedArtifact valueTriggerDefinition
		valueUsageContext`),
)

// suffixes are the types that a choice element (value[x], onset[x]) ends in.
var suffixes = []struct {
	end   string
	shape shape
	leaf  leaf
}{
	{"CodeableConcept", generic, skipLeaf}, {"Reference", generic, skipLeaf}, {"Identifier", identifier, skipLeaf},
	{"Coding", coding, skipLeaf}, {"HumanName", humanName, skipLeaf}, {"Address", address, skipLeaf},
	{"ContactPoint", contact, skipLeaf}, {"Attachment", attachment, skipLeaf}, {"Annotation", annotation, skipLeaf},
	{"Age", age, skipLeaf}, {"Quantity", passed, skipLeaf}, {"Range", passed, skipLeaf}, {"Ratio", passed, skipLeaf},
	{"Duration", passed, skipLeaf}, {"Money", passed, skipLeaf}, {"SampledData", passed, skipLeaf},
	{"String", generic, textLeaf}, {"Markdown", generic, textLeaf}, {"Boolean", generic, skipLeaf},
	{"Integer", generic, skipLeaf}, {"PositiveInt", generic, skipLeaf}, {"UnsignedInt", generic, skipLeaf},
	{"Integer64", generic, skipLeaf}, {"Decimal", generic, skipLeaf}, {"Code", generic, skipLeaf}, {"Uri", generic, skipLeaf},
	{"Url", generic, skipLeaf}, {"Canonical", generic, skipLeaf}, {"Oid", generic, skipLeaf}, {"Uuid", generic, skipLeaf},
	{"Id", generic, skipLeaf}, {"Base64Binary", generic, skipLeaf},
	{"DateTime", generic, dateLeaf}, {"Date", generic, dateLeaf}, {"Instant", generic, dateLeaf}, {"Time", generic, dateLeaf},
	{"Period", generic, dateLeaf},
}

// slots are the elements of the type Reference, by who may stand there.
var slots = union(
	words(thingSlot, `account action actualGroup additive additiveReference addresses administeredBy admittingDiagnosis
		allergyIntolerance appointment assessment assigner authority authorizingPrescription bindingReference bodySiteReference
		bodyStructure careProvider careTeam chargeItemReference claim claimResponse codeReference communicationRequest
		complicationDetail composition condition consent context contract costCenter coverage coverageArea currentLocation
		definitionReference deliverFrom deliverTo destination details detectedIssue device diagnosisReference dischargeDiagnosis domain
		eligibility encounter endpoint endpointReference enrollment episodeOfCare evaluatedResources eventHistory facility file
		goal hasMember healthcareService history imagingStudy immunizationEvent inResponseTo incomingReferral indication
		inputParameters instance instanceReference insurance insurancePlan insurer issuer itemReference location
		locationReference managingOrganization manipulated manufacturer marketingAuthorizationHolder medicationReference module
		network networkReference observation observedGroup offeredIn onBehalfOfReference order organization origin
		originalPrescription originatingAppointment outputParameters ownedBy participatingOrganization payment paymentIssuer
		performingOrganization plan prescription previous previousAppointment priorPrescription problem procedure
		procedureReference processingFacility product productReference protocol reaction referenceDocument referral
		referralRequest relatedItem relevantHistory report reportingOrganization requestDetail requestOrganization
		requestedLocation requestingOrganization result resultReference resultingCondition resultingEffect schedule
		serviceProvider site siteReference specimen sponsor study subscription substance substanceReference
		supportingImmunization targetReference team udi`),
	words(anySlot, `actor additionalContext agent asserter authenticator author contributor controller custodian
		dispenser enterer expressedBy generalPractitioner grantee grantor informationProvider
		informationSource manager managingEntity member observer onBehalfOf operator other owner participant party payee
		payor performer policyHolder provider publisher receiver recipient recorder reporter requestProvider requester
		requestor responsible resultsInterpreter sender source submitter subscriber supplier target verifiedBy
		verifiedWith what who`),
	words(patientSlot, `beneficiary candidate deliverFor for individual patient person sourcePatientInfo subject`),
	words(providerSlot, `assessor careManager causalityAuthor collector eventParticipant interpreter orderer practitioner
		prescriber principalInvestigator referrer responsibleParty`),
)

// privates are the elements of anySlot in which a private person is as likely as anybody.
var privates = words(true, `actor grantee grantor manager member participant party payee policyHolder sender source submitter subscriber
	target what`)

// leaf is how a primitive value is read.
type leaf uint8

const (
	unknownLeaf     leaf = iota // the specification does not know it: a date if it looks like one, else a column
	skipLeaf                    // nothing of a person, or nothing that identifies
	fixedLeaf                   // the node's kind
	dateLeaf                    // a date, if it looks like one
	birthLeaf                   // a date of birth
	textLeaf                    // running text
	columnLeaf                  // a value of an extension
	systemLeaf                  // Coding.system
	codeLeaf                    // Coding.code
	referenceLeaf               // Reference.reference
	typeLeaf                    // Reference.type
	displayLeaf                 // Reference.display
	idSystemLeaf                // Identifier.system
	wayLeaf                     // ContactPoint.system
	valueLeaf                   // Identifier.value, ContactPoint.value: decided when the object closes
	urlLeaf                     // Extension.url
	dataLeaf                    // Attachment.data
	mediaLeaf                   // Attachment.contentType
	linkLeaf                    // Attachment.url
	statusLeaf                  // the resource's status
	fullURLLeaf                 // Bundle.entry.fullUrl
	ageLeaf                     // Age.value
	idLeaf                      // Patient.id
	addressCodeLeaf             // a value of an extension of an address
)

// leaves are the primitive elements that the specification knows, by how they are read wherever nothing nearer says otherwise.
// Elements of a date type need no entry: dates are known by their looks.
var leaves = union(
	words(skipLeaf, `action active actual actualComparisonGroup actualNumber actuality add additionalInfo allDay allowed
		altitude amount appliesToAll appointmentRequired asNeeded assignedComparisonGroup assurance authority
		authorizationRequired availability axis backCurve base cardinalityBehavior careTeamSequence category certainty code
		codeMap combined combining comparator confidentiality contentType continuous contributedToDeath coordinate count
		countMax countType criticality currency cylinder dataUpdateType dayOfMonth dayOfWeek daysOfWeek decision definition
		detailSequence diagnosisSequence diameter dimensions doNotPerform docStatus doseSequence duration durationMax
		durationUnit durationUnits endRelationship endpoint entryType estimate estimatedAge eventNumber exact exclude excluded
		expectedInResearchStudy experimental eye fMeasure fScore factor factorOverride focal frameNumbers frameOfReferenceUid
		frames freeBusyType frequency frequencyMax friday gender groupSize groupingBehavior gtFP height id identifier
		implicitRules inactive inforce informationSequence initial instantiates instantiatesCanonical instantiatesUri intent
		interval intervalUnit isActive isBrand isOverTheCounter isSubPotent isSubpotent issuer itemSequence jurisdiction kind
		language latitude length lifecycleStatus location longitude lowerLimit maxCount maxParticipants meaning measure
		membership method mimeType minutesDuration mode modifier monday monthInterval noteNumber notConsumed notDone notGiven
		notPerformed nullify numFN numFP numTP number numberOfInstances numberOfRepeatsAllowed numberOfSeries occurrenceChanged
		occurrenceCount offset onAdmission onHold operationalStatus order orderStatus ordinalPosition orientation outcome
		outsideFoodAllowed overbooked pages participantStatus payload payloadMimeType period periodMax periodUnit periodUnits
		points policy power precedence precheckBehavior precision preferred primarySource priority prism procedureSequence
		productCategory profile prohibited protocol publicationStatus purpose quantity queryFP queryTP questionnaire rank
		readCoverage recall recurring regionType relatedData relationship relativeRisk repetitions reported required
		requiredBehavior resourceType role rule saturday scale score securityLabelNumber selectionBehavior sensitivity sequence
		seriesNumber seriesUid severity sigFormat size sopClass sphere status strand studyUid subDetailSequence
		subdetailSequence subrogation sunday supportingInfoSequence system taken target targetFormat targetNumber temperature
		thursday timeOfDay timeout topic total transform truthFN truthFP truthTP tuesday type uid uri url use userSelected
		upperLimit verified wasNotGiven wasNotTaken wasSubstituted wednesday weekInterval width yearInterval`,
		// names and numbers of things
		`actualArm additiveProductName alias assignedArm authorization baseFormulaProductName brand businessArrangement cardBrand
		cigar city class classDisplay clinicalStatus color contextLinkId copyright copyrightLabel country criteria datasetId
		dependent deviceName display displayName district division documentType doseNumber etag expression filterParameter
		genomeBuild group groupDisplay identityCertificate ifMatch ifNoneExist ifNoneMatch include line linkId literal lotNumber
		manufacturer model modelNumber name network observedAllele observedSeq offsets partNumber path payment performerLinkId
		plan planDisplay postalCode prefix processor productName programName proxyIdentityCertificate publicKey publisher
		readsetId reasonLinkId referenceAllele relation replacedSequence replacementSequence requesterLinkId requirement series
		seriesDoses serviceName sessionKey site software sourceIdentityCertificate state subClass subClassDisplay subGroup
		subGroupDisplay subPlan subPlanDisplay subset suffix targetLocation text unit variantsetId version versionId
		family given reference referenceNumber hash blob carrierAIDC content data div`,
		// dates that are a product's, not a person's
		`expirationDate manufactureDate expiry publicationDate lastUpdated availableStartTime availableEndTime`),
	words(textLeaf, `administrationInstruction availabilityExceptions basis cancelledReason cause comment comments conclusion
		condition description descriptionSummary detail diagnostics disposition eligibilityNote error extraDetails header
		instruction label mitigation note notes outcomeDesc overrideReason patientInstruction paymentTerms prognosis rationale
		reason renderedDosageInstruction responsibility school statusReason subtitle summary textEquivalent title
		usageInstruction`),
	words(dateLeaf, `start end value deleted windowStart windowEnd`),
)
