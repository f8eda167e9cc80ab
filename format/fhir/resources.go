package fhir

import "github.com/chartroom/chartroom/phi"

// class is what kind of resource a type is, as to persons.
type class uint8

const (
	clinical    class = iota // about a patient: care, payment, administration
	person                   // Patient, Person
	relative                 // RelatedPerson
	provider                 // practitioners and their timetables
	business                 // organisations, places, products, transport
	conformance              // definitions and terminology: about nobody
	outside                  // no resource
)

// subject is whom the values of a class are about.
func (c class) subject() phi.Subject {
	switch c {
	case clinical, person, relative:
		return phi.Patient
	case provider:
		return phi.Provider
	case business, conformance:
		return phi.Organisation
	}
	return phi.Unknown
}

// types are the resource types of R2 to R5. hl7.org/fhir/R4/resourcelist.html, hl7.org/fhir/R5/resourcelist.html.
var types = union(
	words(clinical, `Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
		BiologicallyDerivedProduct BiologicallyDerivedProductDispense BodySite BodyStructure CarePlan CareTeam ChargeItem Claim
		ClaimResponse ClinicalImpression Communication CommunicationRequest Composition Condition Consent Contract Coverage
		CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceAssociation DeviceDispense
		DeviceRequest DeviceUsage DeviceUseRequest DeviceUseStatement DiagnosticOrder DiagnosticReport DocumentManifest
		DocumentReference EligibilityRequest EligibilityResponse Encounter EncounterHistory EnrollmentRequest
		EnrollmentResponse EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag GenomicStudy Goal Group GuidanceResponse
		ImagingManifest ImagingObjectSelection ImagingSelection ImagingStudy Immunization ImmunizationEvaluation
		ImmunizationRecommendation Invoice List MeasureReport Media MedicationAdministration MedicationDispense MedicationOrder
		MedicationRequest MedicationStatement MolecularSequence NutritionIntake NutritionOrder Observation Order OrderResponse
		PaymentNotice PaymentReconciliation Permission Procedure ProcedureRequest ProcessRequest ProcessResponse Provenance
		QuestionnaireResponse ReferralRequest RequestGroup RequestOrchestration ResearchSubject RiskAssessment Sequence ServiceRequest
		Specimen SupplyDelivery SupplyRequest Task Transport VerificationResult VisionPrescription`),
	words(person, `Patient Person`),
	words(relative, `RelatedPerson`),
	words(provider, `Practitioner PractitionerRole Schedule Slot`),
	words(business, `Bundle DeviceMetric DeviceComponent Endpoint FormularyItem HealthcareService InsurancePlan InventoryItem
		InventoryReport Linkage Location Medication MedicationKnowledge MessageHeader OperationOutcome Organization
		OrganizationAffiliation Parameters ResearchStudy Subscription SubscriptionStatus Substance`),
	words(conformance, `ActivityDefinition ActorDefinition AdministrableProductDefinition ArtifactAssessment CapabilityStatement
		CatalogEntry ChargeItemDefinition Citation ClinicalUseDefinition CodeSystem CompartmentDefinition ConceptMap
		ConditionDefinition Conformance DataElement DeviceDefinition EffectEvidenceSynthesis EventDefinition Evidence
		EvidenceReport EvidenceVariable ExampleScenario ExpansionProfile GraphDefinition ImplementationGuide Ingredient Library
		ManufacturedItemDefinition Measure MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
		MedicinalProductDefinition MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
		MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
		MessageDefinition NamingSystem NutritionProduct ObservationDefinition OperationDefinition PackagedProductDefinition
		PlanDefinition Questionnaire RegulatedAuthorization Requirements ResearchDefinition ResearchElementDefinition
		RiskEvidenceSynthesis SearchParameter ServiceDefinition SpecimenDefinition StructureDefinition StructureMap
		SubscriptionTopic SubstanceDefinition SubstanceNucleicAcid SubstancePolymer SubstanceProtein
		SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification TerminologyCapabilities TestPlan TestReport
		TestScript ValueSet`),
)

// common are types whose names other systems use for resources of their own. They count where the member resourceType
// stands first in its object, as FHIR's serialisers write it.
var common = words(true, `Account Basic Binary Bundle Citation Communication Contract Coverage Device Endpoint
	Evidence Flag Goal Group Ingredient Invoice Library Linkage List Location Measure Media Order Organization Parameters
	Permission Person Requirements Schedule Sequence Slot Subscription Substance Task Transport`)

// products are the types whose codes, where another resource contains them, are those of its patient's treatment.
var products = words(true, `Medication Substance`)

// ownIDs is what an identifier of a resource itself is, where neither its system nor its type says it. Everything
// else that is about a patient has other unique numbers: of an order, a claim, a document.
var ownIDs = map[string]phi.Kind{
	"Patient": phi.MRN, "Person": phi.MRN, "Coverage": phi.HealthPlanID, "Device": phi.Device, "Account": phi.Account,
	"Group": phi.None, "Binary": phi.None, "MeasureReport": phi.OtherID,
}

// deviceNumbers are the elements of Device that tell one device from the next (UDI).
var deviceNumbers = words(true, `serialNumber lotNumber distinctIdentifier deviceIdentifier carrierHRF`)
