# A mixture exported from Mixscope: scores rows, and goes on fitting with mclust.
#
#   install.packages("mclust")
#   Rscript model.R DATA.csv                   the log-likelihood, then EM until it converges
#   Rscript model.R DATA.csv --iterations 1    one EM step
#   Rscript model.R DATA.csv --scores OUT.csv  and label and log-density of every row
#
# DATA.csv has a line of names, commas, and a point for decimals. Rows without a number in one of the
# columns of the model are left out. mclust has no floor: what Mixscope added to the variances is not
# added here.

suppressPackageStartupMessages(library(mclust))

@MODEL@

d <- length(columns)
k <- length(weights)

# The parameters in the form that mclust has for each of its models.
variance_of <- function() {
  variance <- list(modelName = model_name, d = d, G = k)
  if (d == 1) {
    variance$sigmasq <- sigma[1, 1, ]
    if (model_name == "E") variance$sigmasq <- variance$sigmasq[1]
    return(variance)
  }
  variance$sigma <- sigma
  if (model_name == "VVV") {
    variance$cholsigma <- array(apply(sigma, 3, chol), c(d, d, k))
    return(variance)
  }
  if (model_name == "EEE") {
    variance$Sigma <- sigma[, , 1]
    variance$cholSigma <- chol(sigma[, , 1])
    return(variance)
  }
  # S = scale * orientation diag(shape) orientation', the shape of determinant 1.
  scale <- apply(sigma, 3, function(s) det(s)^(1 / d))
  if (model_name %in% c("EII", "VII")) {
    variance$sigmasq <- if (model_name == "EII") scale[1] else scale
    variance$scale <- variance$sigmasq
    return(variance)
  }
  own <- substr(model_name, 3, 3) == "V"
  along <- substr(model_name, 3, 3) == "I"
  axes <- array(0, c(d, d, k))
  for (c in 1:k) {
    axes[, , c] <- if (along) diag(d) else eigen(sigma[, , if (own) c else 1], symmetric = TRUE)$vectors
  }
  shape <- sapply(1:k, function(c) diag(t(axes[, , c]) %*% sigma[, , c] %*% axes[, , c]) / scale[c])
  variance$scale <- if (substr(model_name, 1, 1) == "E") scale[1] else scale
  variance$shape <- if (substr(model_name, 2, 2) == "E") shape[, 1] else shape
  if (!along) variance$orientation <- if (own) axes else axes[, , 1]
  variance
}

parameters <- list(pro = c(weights, noise), mean = means, variance = variance_of())
if (d == 1) parameters$mean <- as.vector(means)
if (length(noise)) parameters$Vinv <- exp(noise_log_density)

arguments <- commandArgs(trailingOnly = TRUE)
option <- function(name) {
  place <- match(name, arguments)
  if (is.na(place)) NULL else arguments[place + 1]
}
for (note in notes) message("note: ", note)

table <- read.csv(arguments[1], check.names = FALSE, encoding = "UTF-8")
rows <- suppressWarnings(sapply(table[columns], function(column) as.numeric(as.character(column))))
rows <- matrix(rows, ncol = d)
complete <- apply(is.finite(rows), 1, all)
rows <- sweep(rows[complete, , drop = FALSE], 2, centre)

number <- function(x) formatC(x, digits = 17, format = "g")
found <- estep(rows, model_name, parameters)
cat("rows", nrow(rows), "\n")
cat("log_likelihood", number(found$loglik), "\n")

scores <- option("--scores")
if (!is.null(scores)) {
  density <- dens(rows, model_name, parameters, logarithm = TRUE)
  names <- c(component_names, if (length(noise)) "noise")
  label <- names[max.col(found$z, ties.method = "first")]
  out <- data.frame(row = which(complete), label = label, log_density = density)
  write.csv(out, scores, row.names = FALSE)
}

iterations <- option("--iterations")
if (is.null(iterations)) {
  control <- emControl(itmax = c(max_iterations, 100), tol = c(tolerance, 1e-9))
  fit <- em(rows, model_name, parameters, control = control)
  after <- fit$parameters
  cat("log_likelihood_after", number(fit$loglik), "\n")
} else {
  after <- parameters
  for (i in seq_len(as.integer(iterations))) {
    z <- estep(rows, model_name, after)$z
    volume <- after$Vinv
    # mstep() is not to see the noise.
    after <- mstep(rows, model_name, z[, 1:k, drop = FALSE])$parameters
    after$pro <- colMeans(z)
    after$Vinv <- volume
  }
  cat("log_likelihood_after", number(estep(rows, model_name, after)$loglik), "\n")
}
cat("weights", number(after$pro), "\n")
cat("means", number(as.vector(matrix(after$mean, nrow = d) + centre)), "\n")
if (d == 1) {
  cat("covariances", number(rep_len(after$variance$sigmasq, k)), "\n")
} else {
  cat("covariances", number(as.vector(after$variance$sigma)), "\n")
}
