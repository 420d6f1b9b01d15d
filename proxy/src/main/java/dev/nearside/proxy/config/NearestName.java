package dev.nearside.proxy.config;

import java.util.Collection;

/** Finds the name that was probably meant. */
final class NearestName {
  private static final int LONGEST_COMPARED = 100;

  private NearestName() {}

  /**
   * Returns the candidate with the fewest changes from what was given; a key in the wrong section
   * counts as one change. Of equal ones the first.
   *
   * @throws java.util.NoSuchElementException without candidates
   */
  static String of(String given, Collection<String> candidates) {
    String cut = given.substring(0, Math.min(given.length(), LONGEST_COMPARED));
    String nearest = candidates.iterator().next();
    int least = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int changes = Math.min(changes(cut, candidate), 1 + changes(last(cut), last(candidate)));
      if (changes < least) {
        least = changes;
        nearest = candidate;
      }
    }
    return nearest;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /**
   * Returns the optimal string alignment distance: characters inserted, dropped, replaced, or
   * swapped with their neighbour.
   */
  static int changes(String from, String to) {
    int[] beforeLast = new int[to.length() + 1];
    int[] last = new int[to.length() + 1];
    int[] current = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = last[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(last[j], current[j - 1]));
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          current[j] = Math.min(current[j], beforeLast[j - 2] + 1);
        }
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = current;
      current = free;
    }
    return last[to.length()];
  }
}
