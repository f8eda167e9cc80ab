package scan
import ("testing";"bytes";"os";"path/filepath";"fmt"
"github.com/chartroom/chartroom/demo"
"github.com/chartroom/chartroom/demo/export"
"github.com/chartroom/chartroom/phi"
)
func TestZZ(t *testing.T){
 dir:=t.TempDir()
 n:=0
 for p := range demo.People(7,60){
  var b bytes.Buffer
  export.Letters(&b, func(y func(*demo.Person) bool){y(p)})
  os.WriteFile(filepath.Join(dir,"x.txt"),b.Bytes(),0o600)
  m:=newMemory()
  survey(t,dir,m)
  it:=m.items["x.txt"]
  ta:=it.People.Tally()
  fmt.Println(p.Conditions[len(p.Conditions)-1].ICD10,p.Classes(), it.Classes, it.Suspected, ta.Total.Estimate, ta.Classes, ta.States, it.Verdict)
  if p.Classes().Has(phi.SDV)&&n<1 {n++; fmt.Println(b.String()); for _,f:=range m.finds["x.txt"]{fmt.Printf("%+v\n",*f)}}
 }
}
