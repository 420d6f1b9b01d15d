package dev.nearside.benchmarks.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.StreamSupport;

/**
 * Nearside beside its peer under one load, by the medians of the rounds.
 *
 * @param load what was asked
 * @param peer the peer's name
 * @param requests Nearside's requests/s as a multiple of the peer's
 * @param cpu Nearside's CPU per request as a multiple of the peer's
 */
record Ratio(String load, String peer, double requests, double cpu) {
  private static final String OWN = "nearside";

  /**
   * Returns the ratios of a load run's raw report, in its order; a load in which Nearside or its
   * peer took no part is left out.
   */
  static List<Ratio> of(JsonNode report) {
    List<Ratio> ratios = new ArrayList<>();
    for (JsonNode each : report.path("cases")) {
      JsonNode trial = each.path("trial");
      String peer = trial.path("peer").asText();
      Optional<JsonNode> own = rounds(each, OWN);
      Optional<JsonNode> other = rounds(each, peer);
      if (own.isPresent() && other.isPresent()) {
        ratios.add(
            new Ratio(
                trial.path("title").asText(),
                peer,
                median(own.get(), Ratio::requests) / median(other.get(), Ratio::requests),
                median(own.get(), Ratio::cpu) / median(other.get(), Ratio::cpu)));
      }
    }
    return ratios;
  }

  private static Optional<JsonNode> rounds(JsonNode each, String server) {
    for (JsonNode series : each.path("series")) {
      if (series.path("server").asText().equals(server) && !series.path("rounds").isEmpty()) {
        return Optional.of(series.path("rounds"));
      }
    }
    return Optional.empty();
  }

  private static double requests(JsonNode round) {
    return round.path("requests").asDouble() / round.path("seconds").asDouble();
  }

  private static double cpu(JsonNode round) {
    return round.path("cpuSeconds").path(0).asDouble() / round.path("requests").asDouble();
  }

  private static double median(JsonNode rounds, ToDoubleFunction<JsonNode> measure) {
    double[] sorted =
        StreamSupport.stream(rounds.spliterator(), false).mapToDouble(measure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
