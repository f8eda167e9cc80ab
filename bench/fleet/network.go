package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
)

// inside is set in the environment of a process that runs in a network that it may change.
const inside = "CHARTROOM_FLEET_INSIDE"

// again runs this program anew in namespaces of its own, for users, networks, mounts and processes, and ends with it. It comes back where there are none.
func again(args []string) {
	self, err := os.Executable()
	if err != nil {
		return
	}
	// A trial of what is needed: a network with a link, in a folder for names of networks that is nobody else's.
	probe := exec.Command("unshare", "-rnmpf", "--mount-proc", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/netns && ip netns add probe && ip link add probe0 type veth peer name eth0 netns probe && ip link add probe1 type bridge")
	if out, err := probe.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "no networks can be made here (%s): links are cut by stopping processes\n", strings.TrimSpace(string(out)))
		return
	}
	cmd := exec.Command("unshare", append([]string{"-rnmpf", "--mount-proc", "--kill-child", self}, args...)...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exit):
		os.Exit(max(1, exit.ExitCode()))
	}
	fmt.Fprintln(os.Stderr, "fleet:", err)
	os.Exit(1)
}

// network is where processes stand: each in a network of its own, with a link to a bridge on which the hub is; or all on loopback.
type network struct {
	spaces bool
	hosts  map[string]host
}

// host is where a process listens: on a port, and the one after it.
type host struct {
	address string
	port    int
}

func newNetwork(spaces bool) *network {
	return &network{spaces: spaces && os.Getenv(inside) != "", hosts: map[string]host{}}
}

// host gives a process its place.
func (n *network) host(name string) (host, error) {
	if h, ok := n.hosts[name]; ok {
		return h, nil
	}
	h := host{"127.0.0.1", 0}
	var err error
	if n.spaces {
		h, err = n.space(name)
	} else {
		h.port, err = free()
	}
	n.hosts[name] = h
	return h, err
}

// space makes a network with a link to the bridge.
func (n *network) space(name string) (host, error) {
	h := host{fmt.Sprintf("10.99.0.%d", 10+len(n.hosts)), 4222}
	var steps []string
	if len(n.hosts) == 0 {
		steps = append(steps, "mount -t tmpfs none /run", "mkdir /run/netns", "ip link set lo up", "ip link add bridge0 type bridge", "ip addr add 10.99.0.1/24 dev bridge0", "ip link set bridge0 up")
	}
	in := "ip netns exec " + name + " "
	steps = append(steps, "ip netns add "+name, "ip link add "+name+" type veth peer name eth0 netns "+name, "ip link set "+name+" master bridge0", "ip link set "+name+" up",
		in+"ip addr add "+h.address+"/24 dev eth0", in+"ip link set eth0 up", in+"ip link set lo up")
	for _, s := range steps {
		words := strings.Fields(s)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return h, fmt.Errorf("%s: %w: %s", s, err, out)
		}
	}
	return h, nil
}

// link cuts or joins the link of a network.
func (n *network) link(name string, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	if out, err := exec.Command("ip", "link", "set", name, state).CombinedOutput(); err != nil {
		return fmt.Errorf("set the link of %s %s: %w: %s", name, state, err, out)
	}
	return nil
}

// command is a program in the network of a name.
func (n *network) command(name, program string, args ...string) *exec.Cmd {
	if !n.spaces {
		return exec.Command(program, args...)
	}
	return exec.Command("ip", append([]string{"netns", "exec", name, program}, args...)...)
}

// free finds two ports beside each other.
func free() (int, error) {
	for range 100 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := a.Addr().(*net.TCPAddr).Port
		b, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		a.Close()
		if err == nil {
			b.Close()
			return port, nil
		}
	}
	return 0, errors.New("there are no two free ports beside each other")
}
