/* What the conformance runner wants of glibc 2.38 and GCC 13's libstdc++, for systems older than
 * these. Preloaded into a copy of it whose need of the two versions is marked weak. */

extern long strtol(const char *, char **, int);
extern long long strtoll(const char *, char **, int);
extern unsigned long strtoul(const char *, char **, int);
extern unsigned long long strtoull(const char *, char **, int);

/* C23's differ in taking "0b1" where the base is 0 or 2, which the runner has no need of. */
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }

/* std::ios_base_library_init() is named so that the library is there, and never called. std::cout
 * lives once a std::ios_base::Init does: in an older library, somebody has to make one. */
extern void _ZNSt8ios_base4InitC1Ev(void *);
void _ZSt21ios_base_library_initv(void) {}
static char init[16];
__attribute__((constructor)) static void start(void) { _ZNSt8ios_base4InitC1Ev(init); }
