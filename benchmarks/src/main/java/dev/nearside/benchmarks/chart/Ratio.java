package dev.nearside.benchmarks.chart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Round;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Nearside beside its peer under one load, by the medians of the rounds.
 *
 * @param load what was asked
 * @param peer the peer's name
 * @param requests Nearside's requests/s as a multiple of the peer's
 * @param p99 Nearside's 99th percentile of the time to a reply as a multiple of the peer's
 * @param cpu Nearside's CPU per request as a multiple of the peer's
 * @param missed the targets that it did not reach, in words
 */
record Ratio(
    String load, String peer, double requests, double p99, double cpu, List<String> missed) {
  private static final String OWN = "nearside";

  /** What a number of two decimals does not show. */
  private static final double ROUNDED = 0.005;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Returns the ratios of a load run's raw report, in its order, one for each way that Nearside was
   * set; a load in which Nearside or its peer took no part is left out.
   *
   * @throws JsonProcessingException if a round in it is not one
   */
  static List<Ratio> of(JsonNode report) throws JsonProcessingException {
    List<Ratio> ratios = new ArrayList<>();
    for (JsonNode each : report.path("cases")) {
      JsonNode trial = each.path("trial");
      Map<String, List<Round>> servers = rounds(each);
      List<Round> peer = servers.get(trial.path("peer").asText());
      for (Map.Entry<String, List<Round>> server : servers.entrySet()) {
        if (peer != null && server.getKey().startsWith(OWN)) {
          ratios.add(of(trial, server.getKey(), servers, peer));
        }
      }
    }
    return ratios;
  }

  private static Ratio of(
      JsonNode trial, String server, Map<String, List<Round>> servers, List<Round> peer) {
    List<Round> own = servers.getOrDefault(server, List.of());
    return new Ratio(
        trial.path("title").asText() + server.substring(OWN.length()),
        trial.path("peer").asText(),
        ratio(Measure.REQUESTS, own, peer),
        ratio(Measure.P99, own, peer),
        ratio(Measure.CPU, own, peer),
        missed(trial, server, servers));
  }

  private static Map<String, List<Round>> rounds(JsonNode each) throws JsonProcessingException {
    Map<String, List<Round>> servers = new LinkedHashMap<>();
    for (JsonNode series : each.path("series")) {
      List<Round> rounds = new ArrayList<>();
      for (JsonNode round : series.path("rounds")) {
        rounds.add(JSON.treeToValue(round, Round.class));
      }
      if (!rounds.isEmpty()) {
        servers.put(series.path("server").asText(), rounds);
      }
    }
    return servers;
  }

  private static List<String> missed(
      JsonNode trial, String server, Map<String, List<Round>> servers) {
    List<String> missed = new ArrayList<>();
    List<Round> own = servers.getOrDefault(server, List.of());
    for (JsonNode target : trial.path("targets")) {
      List<Round> peer = servers.get(target.path("peer").asText());
      if (peer != null && server.equals(target.path("server").asText())) {
        Measure measure = Measure.valueOf(target.path("measure").asText());
        boolean atLeast = target.path("atLeast").asBoolean();
        double limit = target.path("limit").asDouble();
        double ratio = ratio(measure, own, peer);
        if (atLeast ? ratio < limit : ratio > limit) {
          missed.add(
              String.format(Locale.ROOT, "%s %s %.2f", measure.label(), atLeast ? "≥" : "≤", limit)
                  + (Math.abs(ratio - limit) < ROUNDED
                      ? String.format(Locale.ROOT, ", by %.3f", Math.abs(ratio - limit))
                      : ""));
        }
      }
    }
    return missed;
  }

  private static double ratio(Measure measure, List<Round> own, List<Round> peer) {
    return measure.median(own) / measure.median(peer);
  }
}
