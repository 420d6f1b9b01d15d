package dev.nearside.proxy.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Fuzzes targets, one after the other, guided by coverage: {@code ./nearside fuzz MINUTES TARGET}.
 *
 * <p>What is worth keeping goes into the corpus, a findings' inputs to {@code proxy/target/fuzz},
 * and what the run did to {@code benchmarks/results/fuzz.md}.
 */
final class FuzzRun {
  private FuzzRun() {}

  /** Takes the project's root, minutes for each target, and a target's name or "all". */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path root = Path.of(args[0]);
    double minutes = Double.parseDouble(args[1]);
    List<FuzzOutcome> outcomes = new ArrayList<>();
    for (FuzzTarget target : FuzzTarget.named(args[2])) {
      FuzzOutcome outcome = new FuzzProcess(root, target).run(Math.round(60 * minutes));
      outcomes.add(outcome);
      System.out.println(outcome.row()); // it is a command
    }
    FuzzReport.write(root.resolve("benchmarks/results/fuzz.md"), outcomes);
    if (outcomes.stream().anyMatch(outcome -> outcome.findings() > 0)) {
      System.out.println("findings: their inputs are in proxy/target/fuzz");
      System.exit(1);
    }
  }
}
