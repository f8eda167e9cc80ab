package postgres
import ("testing";"os";"io";"time";"fmt")
func TestZZ(t *testing.T){
	os.Setenv("PGPASSWORD","pw")
	srcs,err:=Open(t.Context(),"postgres://admin@127.0.0.1:55432/bench","")
	if err!=nil{t.Fatal(err)}
	items,_:=list(t,t.Context(),srcs[0])
	for range 3 { s:=time.Now()
	b,err:=srcs[0].Open(t.Context(),items["public.visits"])
	if err!=nil{t.Fatal(err)}
	n,err:=io.Copy(io.Discard,b)
	fmt.Println(n,err,time.Since(s)) ; b.Close()}
}
