/* terminal.h: what the REPL needs of the terminal, as a Lua table. */
#ifndef TENMO_TERMINAL_H
#define TENMO_TERMINAL_H

#include <lua.h>

/* Pushes {interactive =, read = function(prompt), remember = function(text), load =, save =}.
 * read gives a line without its end; nil at the end of input; false when Ctrl-C was pressed. */
int terminal_open(lua_State *L);

/* True while a line is being typed: Ctrl-C then clears the line instead of stopping Lua. */
extern volatile int terminal_reading;
/* Set by the signal handler while terminal_reading. */
extern volatile int terminal_interrupted;

#endif
