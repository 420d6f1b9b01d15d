package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.capture.CaptureRun;
import dev.nearside.benchmarks.chart.ChartRun;
import dev.nearside.benchmarks.coherence.CoherenceRun;
import dev.nearside.benchmarks.database.DatabaseRun;
import dev.nearside.benchmarks.fleet.FleetRun;
import dev.nearside.benchmarks.footprint.FootprintRun;
import dev.nearside.benchmarks.micro.MicroRun;
import dev.nearside.benchmarks.outbox.OutboxRun;
import dev.nearside.benchmarks.profile.ProfileRun;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the load runs. */
@Command(
    name = "nearside bench",
    mixinStandardHelpOptions = true,
    subcommands = {
      HitsRun.class,
      RelayRun.class,
      MixedRun.class,
      SizesRun.class,
      LoopsRun.class,
      LinksRun.class,
      ProfileRun.class,
      CoherenceRun.class,
      FootprintRun.class,
      MicroRun.class,
      FleetRun.class,
      DatabaseRun.class,
      CaptureRun.class,
      OutboxRun.class,
      ChartRun.class,
      CommandLine.HelpCommand.class
    },
    description = "Load runs side by side with peers.")
public final class Bench {
  /** Runs one of them; the exit status is 1 when it could not be completed. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler((failure, command, parsed) -> {
      if (failure instanceof ServerException || failure instanceof IOException) {
        String said = failure.getMessage();
        command.getErr().println("nearside bench: " + (said == null ? failure : said));
        return CommandLine.ExitCode.SOFTWARE;
      }
      throw failure;
    });
    System.exit(line.execute(args));
  }
}
