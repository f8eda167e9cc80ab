package column
import ("testing";"os";"strings")
func TestDump(t *testing.T){ dir:=corpus(t); f:=os.Getenv("F"); if f=="" {t.Skip()}; d:=readTable(t,dir,f); tb,dec:=run(d,os.Getenv("NONAMES")==""); t.Logf("%+v",tb.context)
 for i,h:=range d.head { if c:=os.Getenv("C"); c!=""&& !strings.Contains(h,c) {continue}; c:=&tb.columns[i]; g:=c.guess; if os.Getenv("W")!="" && g.lexical==nobody && !g.health {continue}
 t.Logf("%-30s g:%v/%d who%d lex%d str%d neg%v cls%d h%v => %v p%d %.2f sub %v sys %v from %d text %v vals %d well %d h%v | %s",h,g.kind,g.part,g.who,g.lexical,g.strength,g.negative,g.class,g.health,dec[i].Kind,dec[i].Part,dec[i].Likelihood,dec[i].Subject,dec[i].System,dec[i].SystemFrom,dec[i].FreeText,dec[i].Values,dec[i].WellFormed,dec[i].Health,why(dec[i])) } }
