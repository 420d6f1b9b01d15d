package dev.nearside.proxy.parity;

import dev.nearside.proxy.parity.Turn.Sending;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Makes a list of turns that shows a difference shorter, as long as it still does: first the turns
 * before the last ones go, then parts of the rest, large parts first.
 */
final class Shrinker {
  private static final long PATIENCE_NS = 60_000_000_000L;

  private final Predicate<List<Turn>> differs;
  private final long deadlineNs = System.nanoTime() + PATIENCE_NS;

  /**
   * @param differs plays turns on empty servers and says whether they still differ
   */
  Shrinker(Predicate<List<Turn>> differs) {
    this.differs = differs;
  }

  /**
   * Returns as little of {@code turns} as was found to do; all of it if it does not differ again.
   */
  List<Turn> shrink(List<Turn> turns) {
    List<Atom> atoms = atoms(shortestEnd(turns));
    int step = Math.max(1, atoms.size() / 2);
    while (inTime()) {
      boolean smaller = false;
      for (int from = 0; from < atoms.size() && inTime(); ) {
        List<Atom> rest = new ArrayList<>(atoms.subList(0, from));
        rest.addAll(atoms.subList(Math.min(from + step, atoms.size()), atoms.size()));
        if (!rest.isEmpty() && differs.test(turns(rest))) {
          atoms = rest;
          smaller = true;
        } else {
          from += step;
        }
      }
      if (step == 1 && !smaller) {
        break;
      }
      step = Math.max(1, step / 2);
    }
    return turns(atoms);
  }

  private boolean inTime() {
    return System.nanoTime() - deadlineNs < 0;
  }

  private List<Turn> shortestEnd(List<Turn> turns) {
    for (int length = 1; length < turns.size() && inTime(); length *= 2) {
      List<Turn> end = turns.subList(turns.size() - length, turns.size());
      if (differs.test(end)) {
        return end;
      }
    }
    return turns;
  }

  private static List<Atom> atoms(List<Turn> turns) {
    List<Atom> atoms = new ArrayList<>();
    for (Turn turn : turns) {
      for (Sending sending : turn.sendings()) {
        if (sending.commands().isEmpty()) {
          atoms.add(new Atom(turn, sending, List.of()));
        }
        sending.commands().forEach(command -> atoms.add(new Atom(turn, sending, List.of(command))));
      }
    }
    return atoms;
  }

  private static List<Turn> turns(List<Atom> atoms) {
    Map<Turn, Map<Sending, List<Command>>> kept = new LinkedHashMap<>();
    for (Atom atom : atoms) {
      kept.computeIfAbsent(atom.turn(), turn -> new LinkedHashMap<>())
          .computeIfAbsent(atom.sending(), sending -> new ArrayList<>())
          .addAll(atom.commands());
    }
    List<Turn> turns = new ArrayList<>();
    for (Map<Sending, List<Command>> sendings : kept.values()) {
      List<Sending> rest = new ArrayList<>();
      sendings.forEach(
          (sending, commands) -> rest.add(new Sending(sending.client(), commands, sending.cuts())));
      turns.add(new Turn(rest));
    }
    return turns;
  }

  /** The smallest part: one command, or a new connection; known by the objects it is in. */
  private record Atom(Turn turn, Sending sending, List<Command> commands) {}
}
