# Times mclust's em() on the standard cells.
#
# Rscript mclust.R FOLDER, which holds what `cargo run --example cells` wrote, and cells.txt with a
# cell a line: name, file, N, D, K, family, iterations and D variances. Prints one JSON object, as
# scikit.py does.

suppressMessages(library(mclust))
folder <- commandArgs(trailingOnly = TRUE)[1]
cells <- lapply(strsplit(readLines(file.path(folder, "cells.txt")), " "), function(words) {
  sizes <- as.numeric(words[c(3:5, 7)])
  list(
    name = words[1], file = words[2], n = sizes[1], d = sizes[2], k = sizes[3],
    covariance = words[6], iterations = sizes[4], variance = as.numeric(words[-(1:7)])
  )
})

start <- function(cell, rows) {
  d <- cell$d
  k <- cell$k
  variance <- cell$variance
  scale <- prod(variance)^(1 / d)
  list(
    pro = rep(1 / k, k),
    mean = t(rows[(0:(k - 1)) * cell$n %/% k + 1, , drop = FALSE]),
    variance = if (cell$covariance == "VVV") {
      list(
        modelName = "VVV", d = d, G = k,
        cholsigma = array(diag(sqrt(variance)), c(d, d, k))
      )
    } else {
      list(
        modelName = "VVI", d = d, G = k,
        scale = rep(scale, k), shape = matrix(variance / scale, d, k)
      )
    }
  )
}

fit <- function(cell, rows, iterations) {
  begin <- proc.time()[["elapsed"]]
  model <- em(
    data = rows, modelName = cell$covariance, parameters = start(cell, rows),
    control = emControl(eps = 0, tol = c(0, 0), itmax = c(iterations, 1))
  )
  list(seconds = proc.time()[["elapsed"]] - begin, model = model)
}

measure <- function(cell) {
  path <- file.path(folder, cell$file)
  numbers <- readBin(path, "double", cell$n * cell$d, endian = "little")
  rows <- matrix(numbers, cell$n, cell$d, byrow = TRUE)
  many <- cell$iterations
  short <- fit(cell, rows, 2)
  long <- fit(cell, rows, many)
  sprintf(
    '{"cell": "%s", "covariance": "%s", "milliseconds": %.17g, "log_likelihood": %.17g}',
    cell$name, cell$covariance,
    1000 * (long$seconds - short$seconds) / (many - 2), long$model$loglik
  )
}

results <- suppressWarnings(sapply(cells, measure))
cat(sprintf(
  '{"version": "%s", "cells": [%s]}\n',
  packageVersion("mclust"), paste(results, collapse = ", ")
))
