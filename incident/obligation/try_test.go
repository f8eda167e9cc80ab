package obligation
import ("testing";"os";"fmt";"strings";"github.com/chartroom/chartroom/incident")
func TestTry(t *testing.T){
 b,err:=Shipped(); if err!=nil{t.Fatal(err)}
 f,err:=incident.ReadFacts(strings.NewReader(os.Getenv("FACTS"))); if err!=nil{t.Fatal(err)}
 for _,d:=range b.Duties(&f){ if d.Status!=NotDue||os.Getenv("ALL")!="" {fmt.Printf("%-11s %-10s %-10s %-12s %s: %s\n",d.Status,d.Conservative,d.Determined,d.Deciding,d.Rule,d.Because)}}
}
