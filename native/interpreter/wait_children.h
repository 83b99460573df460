// native/interpreter/wait_children.h: Node's children stay Node's to reap.
#pragma once

namespace inmem::loader {
class Loader;
}

namespace inmem::interpreter {

// waitpid(-1) and its like, of Python and of a bundle's C code, see the
// children of the calling thread alone: gevent's libev, or a handler of
// SIGCHLD in Python, would take exit statuses that Node waits for. A wait for
// one process is what it was. Called once; in the launcher nothing changes.
void RedirectWaits(loader::Loader& loader);

}  // namespace inmem::interpreter
