package column
import ("testing";"path/filepath";"os")
func TestHold(t *testing.T){ dir:=os.Getenv("D"); if dir=="" {t.Skip()}; l,_:=filepath.Glob(dir+"/*"); for _,f:=range l { d:=readTable(t,"/",f); tb,dec:=run(d,true); t.Log(filepath.Base(f), whoNames[tb.context.main]); for i,h:=range d.head { if x:=dec[i]; x.Kind!=0&&x.Likelihood>=.3 || x.System!=0 || len(x.Extra)>0 {t.Logf("   %-20s %v %.2f %v sys %v text %v extra %d | %s",h,x.Kind,x.Likelihood,x.Subject,x.System,x.FreeText,len(x.Extra),why(x))} } } }
