package servertest

import "testing"

func TestServersStartAndStop(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		p := StartPostgres(t)
		p.Database(t, "clinic", "reader", "pw")
		p.Exec(t, "clinic", "CREATE TABLE a (x int)")
		p.Kill()
		p.Start(t)
		p.Exec(t, "clinic", "INSERT INTO a VALUES (1)")
	})
	t.Run("mariadb", func(t *testing.T) {
		m := StartMariaDB(t)
		m.Database(t, "clinic", "reader", "pw")
		m.Exec(t, "clinic", "CREATE TABLE a (x int)")
	})
}
