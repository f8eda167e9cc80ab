package demo

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// The names are common ones; together they make persons who do not exist.
var (
	givenFemale = strings.Fields(`Mary Patricia Linda Barbara Susan Jessica Karen Lisa Nancy Sandra Ashley Kimberly Emily
		Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Sharon Cynthia Kathleen Amy Angela Anna Brenda
		Pamela Nicole Samantha Katherine Emma Ruth Christine Catherine Debra Rachel Carolyn Janet Maria Heather Diane Julie
		Joyce Victoria Kelly Christina Joan Evelyn Lauren Olivia Judith Megan Cheryl Andrea Hannah Jacqueline Martha Gloria
		Teresa Sara Kathryn Abigail Sofía Zoë Inés Rosa Guadalupe Mei Aisha`)
	givenMale = strings.Fields(`James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel
		Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey
		Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Frank Alexander
		Raymond Patrick Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Douglas Zachary Peter Kyle Walter Ethan Jeremy
		Harold Keith Christian Roger Noah José Andrés Ramón Wei Omar`)
	families = strings.Fields(`Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
		Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez
		Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera
		Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris
		Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward
		Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel
		Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher
		Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes
		Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez
		Núñez Muñoz Peña García O'Brien O'Connor Okafor Kowalski Schwartz Nakamura`)
	streets = split(`Alder|Alder Creek|Birch|Cedar|Chestnut|Cottonwood|Dogwood|Elm|Fir|Hawthorn|Hemlock|Hickory|Juniper|
		Laurel|Linden|Madrone|Magnolia|Maple|Meadow|Mulberry|Oak|Old Mill|Orchard|Pine|Poplar|Quarry|Redwood|River|Sequoia|
		Spruce|Sycamore|Valley View|Walnut|Willow|Willow Bend|1st|5th|12th|Lincoln|Jefferson|Washington|Mission|Harbor`)
	suffixes  = strings.Fields(`St Ave Rd Dr Ln Ct Blvd Way Pl St Ave`)
	mailHosts = strings.Fields(`example.com example.net example.org mail.example.com`)
)

// split cuts a list at its bars, and makes one blank of each run of them.
func split(list string) []string {
	words := strings.Split(list, "|")
	for i := range words {
		words[i] = strings.Join(strings.Fields(words[i]), " ")
	}
	return words
}

// town is a real place with a real ZIP and area code: people live somewhere.
type town struct {
	city, zip, area string
	state           phi.State
}

// towns: the more often a State stands here, the more persons live there.
var towns = parseTowns(`CA 213 90011 Los Angeles|CA 909 92335 Fontana|CA 562 90805 Long Beach|CA 323 90280 South Gate|
	CA 562 90650 Norwalk|CA 818 91331 Pacoima|OR 503 97229 Portland|OR 503 97301 Salem|OR 541 97402 Eugene|
	OR 541 97701 Bend|OR 503 97007 Beaverton|WA 360 98682 Vancouver|WA 509 99208 Spokane|WA 425 98208 Everett|
	WA 509 99301 Pasco|ID 208 83709 Boise|ID 208 83301 Twin Falls|ID 208 83686 Nampa|NV 702 89110 Las Vegas|
	NV 775 89502 Reno|AZ 602 85032 Phoenix|AZ 520 85705 Tucson|TX 713 77084 Houston|TX 915 79936 El Paso|
	NY 718 11226 Brooklyn|NY 718 10467 Bronx|FL 305 33186 Miami|IL 773 60629 Chicago|CO 303 80219 Denver|UT 801 84118 Salt Lake City|
	MA 617 02169 Quincy`)

func parseTowns(list string) []town {
	var all []town
	for _, line := range split(list) {
		f := strings.SplitN(line, " ", 4)
		all = append(all, town{state: phi.ParseState(f[0]), area: f[1], zip: f[2], city: f[3]})
	}
	return all
}
