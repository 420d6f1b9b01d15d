package dev.nearside.benchmarks.load;

import java.util.List;

/**
 * A part of a run with servers of its own.
 *
 * @param entrants who takes part, where it is installed
 * @param data what is in every Redis
 * @param trials what they are asked, one after the other
 */
record Stage(List<Entrant> entrants, DataSet data, List<Trial> trials) {}
