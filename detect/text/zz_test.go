package text
import ("testing";"os";"fmt"
"github.com/chartroom/chartroom/detect/words")
func TestZZ(t *testing.T){
 b,_:=os.ReadFile("/tmp/cr/w3/l.txt")
 s:=New(words.Load())
 s.Scan(b,0,len(b),func(sp Span){fmt.Printf("%q %+v\n",b[sp.Start:sp.End],sp)})
}
