// A name server that never answers: in a test program that links getaddrinfo_stub.cc, looking up a
// name that ends in
// ".hangs.test" blocks its thread until release_lookups() is called; all other names are looked up
// as ever.
#pragma once

namespace serin::test {

int lookups_waiting();
void release_lookups();  // those that wait fail with EAI_AGAIN; later ones wait again

}  // namespace serin::test
