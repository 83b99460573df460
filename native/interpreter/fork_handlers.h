// native/interpreter/fork_handlers.h: what C code of a bundle does around
// fork().
#pragma once

namespace inmem::loader {
class Loader;
}

namespace inmem::interpreter {

// The handlers that a bundle's C code sets with pthread_atfork run when one of
// Python's threads forks, not when Node does, which starts a program at once.
// uvloop's takes the GIL in the child: where another thread held it, Node's
// spawn() would never come back. Called once.
void RedirectForkHandlers(loader::Loader& loader);

}  // namespace inmem::interpreter
