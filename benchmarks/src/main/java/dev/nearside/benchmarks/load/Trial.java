package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Load;
import java.util.ArrayList;
import java.util.List;

/**
 * One load on every contestant of a stage.
 *
 * @param title the heading of its table
 * @param load what is asked; how long is the run's matter
 * @param peer with which the table compares the others, where it takes part
 * @param targets the ratios to be reached
 * @param notes sentences between heading and table
 * @param fromMemory whether it makes no sense where Nearside holds nothing in memory
 * @param allocation whether it is measured what Nearside's event loops allocate, which should be
 *     nothing
 */
record Trial(
    String title,
    Load load,
    String peer,
    List<Target> targets,
    List<String> notes,
    boolean fromMemory,
    boolean allocation) {
  Trial(String title, Load load, Peer peer, Target... targets) {
    this(title, load, peer.label(), List.of(targets), List.of(), false, false);
  }

  /** Returns the same, what event loops allocate being measured. */
  Trial withAllocation() {
    return new Trial(title, load, peer, targets, notes, fromMemory, true);
  }

  /** Returns the same, left out where a sidecar says that its memory is off. */
  Trial ifFromMemory() {
    return new Trial(title, load, peer, targets, notes, true, allocation);
  }

  /** Returns the same with one more sentence. */
  Trial noting(String note) {
    List<String> all = new ArrayList<>(notes);
    all.add(note);
    return new Trial(title, load, peer, targets, List.copyOf(all), fromMemory, allocation);
  }
}
