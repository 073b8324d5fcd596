/* colours.h - Okabe and Ito's colours, which the colour-blind can tell apart; for pictures. */
#ifndef MON_COLOURS_H
#define MON_COLOURS_H

#define MON_ORANGE "#e69f00"
#define MON_SKY_BLUE "#56b4e9"
#define MON_GREEN "#009e73"
#define MON_BLUE "#0072b2"
#define MON_VERMILION "#d55e00"
#define MON_PURPLE "#cc79a7"

#endif
