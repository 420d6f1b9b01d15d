package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** How long a sidecar takes from exec to its first answer, with files warm. */
final class Starts {
  private static final Launch NORMAL = Launch.of("the launcher's flags");
  private static final String TITLE = "Start to the first +PONG";

  private final Place place;
  private final Table table;

  Starts(Place place) {
    this.place = place;
    this.table =
        new Table(
            TITLE,
            "From exec of the launcher's java command line, its ahead-of-time cache included, to the"
                + " first `+PONG`, a Redis behind it,"
                + " files warm, the variants in turn; medians of "
                + place.starts()
                + ". CPU and resident memory are those at the first `+PONG`.",
            "command line",
            "ms",
            "least ms",
            "most ms",
            "CPU ms",
            "RSS MiB");
  }

  Table run() throws IOException, InterruptedException {
    Launch.prepare();
    try (EmbeddedRedis redis = place.redis()) {
      List<Launch> launches = new ArrayList<>();
      launches.add(NORMAL);
      launches.add(Launch.of("C1 alone", "-XX:TieredStopAtLevel=1"));
      launches.add(Launch.of("no ahead-of-time cache", Launch.NO_CACHE));
      List<Series> series = launches.stream().map(Series::new).toList();
      for (int i = -1; i < place.starts(); i++) {
        for (Series each : series) {
          each.start(place, redis.port(), i >= 0); // the first warms the files
        }
      }
      series.forEach(each -> each.report(table));
      return table;
    }
  }

  /** The starts of one command line. */
  private static final class Series {
    private final Launch launch;
    private final List<Double> startMs = new ArrayList<>();
    private final List<Double> cpuMs = new ArrayList<>();
    private final List<Double> rssMib = new ArrayList<>();

    Series(Launch launch) {
      this.launch = launch;
    }

    void start(Place place, int redisPort, boolean counts)
        throws IOException, InterruptedException {
      try (Sidecar sidecar = Sidecar.start(launch, redisPort, List.of(), place.directory())) {
        if (counts) {
          cpuMs.add(Place.cpuMs(sidecar.pid()));
          rssMib.add(ProcessMemory.of(sidecar.pid()).rssMib());
          startMs.add(sidecar.startMs());
        }
      }
    }

    void report(Table table) {
      table.row(
          launch.label(),
          cell(median(startMs)),
          cell(Collections.min(startMs)),
          cell(Collections.max(startMs)),
          cell(median(cpuMs)),
          cell(median(rssMib)));
      table.raw(launch.label() + ": ms", startMs);
      table.raw(launch.label() + ": CPU ms", cpuMs);
      table.raw(launch.label() + ": RSS MiB", rssMib);
    }

    private static double median(List<Double> values) {
      return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static String cell(double value) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
  }
}
